#include "storage/base/time_text.h"

#include <chrono>
#include <cstdint>

namespace tailrace {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

void append_digits(std::string& out, std::int64_t value, int width) {
  char digits[20];
  for (int i = width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits, static_cast<std::size_t>(width));
}

std::string iso_to_the_second(Instant instant) {
  const auto day = std::chrono::floor<days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<Millis> time(instant - day);
  std::string out;
  out.reserve(24);
  append_digits(out, int{date.year()}, 4);
  out.push_back('-');
  append_digits(out, unsigned{date.month()}, 2);
  out.push_back('-');
  append_digits(out, unsigned{date.day()}, 2);
  out.push_back('T');
  append_digits(out, time.hours().count(), 2);
  out.push_back(':');
  append_digits(out, time.minutes().count(), 2);
  out.push_back(':');
  append_digits(out, time.seconds().count(), 2);
  return out;
}

// Takes pieces off the front of a text; each says whether the piece was there.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly `width` digits, of a value within [low, high].
  bool number(int width, int low, int high, int& value) {
    value = 0;
    for (int i = 0; i < width; ++i) {
      int digit = 0;
      if (!take_digit(digit)) return false;
      value = value * 10 + digit;
    }
    return value >= low && value <= high;
  }

  // One digit or more of a fraction of a second; what is below a millisecond is cut off.
  bool fraction(int& millis) {
    millis = 0;
    int digit = 0;
    if (!take_digit(digit)) return false;
    int unit = 100;
    do {
      millis += digit * unit;
      unit /= 10;
    } while (take_digit(digit));
    return true;
  }

 private:
  bool take_digit(int& digit) {
    if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return false;
    digit = rest_.front() - '0';
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
};

// `Z`, `+hh:mm` or `-hh:mm`.
bool take_offset(Reader& reader, minutes& offset) {
  offset = minutes(0);
  if (reader.take('Z')) return true;
  const bool west = reader.take('-');
  if (!west && !reader.take('+')) return false;
  int hour = 0, minute = 0;
  if (!reader.number(2, 0, 23, hour) || !reader.take(':') || !reader.number(2, 0, 59, minute)) {
    return false;
  }
  offset = hours(hour) + minutes(minute);
  if (west) offset = -offset;
  return true;
}

}  // namespace

std::string iso_millis(Instant instant) {
  std::string out = iso_to_the_second(instant);
  const auto millis = instant - std::chrono::floor<seconds>(instant);
  out.push_back('.');
  append_digits(out, millis.count(), 3);
  return out;
}

std::string iso_millis_z(Instant instant) {
  return iso_millis(instant) + 'Z';
}

std::string iso_seconds_z(Instant instant) {
  return iso_to_the_second(instant) + 'Z';
}

std::optional<Instant> parse_iso(std::string_view text) {
  Reader reader(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millis = 0;
  const bool date_and_time =
      reader.number(4, 0, 9999, year) && reader.take('-') && reader.number(2, 1, 12, month) &&
      reader.take('-') && reader.number(2, 1, 31, day) && reader.take('T') &&
      reader.number(2, 0, 23, hour) && reader.take(':') && reader.number(2, 0, 59, minute) &&
      reader.take(':') && reader.number(2, 0, 59, second);
  if (!date_and_time) return std::nullopt;
  if (reader.take('.') && !reader.fraction(millis)) return std::nullopt;
  minutes offset(0);
  if (!take_offset(reader, offset) || !reader.at_end()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + hours(hour) + minutes(minute) + seconds(second) +
         Millis(millis) - offset;
}

}  // namespace tailrace
