// parse_value_json: a reader of our own normal form and of nothing else. It knows that there are no
// blanks, that a value object has one member, and which escapes append_json_string writes.
#include <algorithm>
#include <cstring>

#include "storage/base/base64.h"
#include "storage/base/engine_error.h"
#include "storage/value/stored_item.h"

namespace tailrace {
namespace {

constexpr std::string_view kWhat = "item";
// Deeper than any item may be nested, and no danger to the stack.
constexpr int kDepthMax = 64;

class ValueReader {
 public:
  explicit ValueReader(std::string_view json) : p_(json.data()), end_(p_ + json.size()) {}

  bool at_end() const { return p_ == end_; }

  AttributeValue value() {
    require_stored(++depth_ <= kDepthMax, kWhat);
    expect("{\"");
    AttributeValue result = value_of(type());
    expect("}");
    --depth_;
    return result;
  }

 private:
  // Reads through the `":` after the type's name. The names differ in two characters.
  AttributeType type() {
    require_stored(end_ - p_ >= 3, kWhat);
    const char first = p_[0], second = p_[1];
    switch (second) {
      case '"':
        p_ += 1;
        expect("\":");
        switch (first) {
          case 'S':
            return AttributeType::kS;
          case 'N':
            return AttributeType::kN;
          case 'B':
            return AttributeType::kB;
          case 'L':
            return AttributeType::kL;
          default:
            require_stored(first == 'M', kWhat);
            return AttributeType::kM;
        }
      case 'S':
        p_ += 2;
        expect("\":");
        switch (first) {
          case 'S':
            return AttributeType::kSS;
          case 'N':
            return AttributeType::kNS;
          default:
            require_stored(first == 'B', kWhat);
            return AttributeType::kBS;
        }
      case 'O':
        expect("BOOL\":");
        return AttributeType::kBool;
      default:
        expect("NULL\":");
        return AttributeType::kNull;
    }
  }

  AttributeValue value_of(AttributeType type) {
    switch (type) {
      case AttributeType::kS:
        return {string()};
      case AttributeType::kN:
        return {number()};
      case AttributeType::kB:
        return {Binary{binary()}};
      case AttributeType::kBool:
        return {boolean()};
      case AttributeType::kNull:
        expect("true");
        return {Null{}};
      case AttributeType::kSS:
        return {StringSet{array<std::string>([this] { return string(); })}};
      case AttributeType::kNS:
        return {NumberSet{array<Number>([this] { return number(); })}};
      case AttributeType::kBS:
        return {BinarySet{array<Buffer>([this] { return binary(); })}};
      case AttributeType::kL:
        return {List{array<AttributeValue>([this] { return value(); })}};
      case AttributeType::kM:
        return {map()};
    }
    throw_damaged(kWhat);
    return {};
  }

  AttributeMap map() {
    std::vector<AttributeMap::Entry> entries;
    expect("{");
    if (take('}')) return {};
    do {
      std::string name = string();
      expect(":");
      entries.emplace_back(std::move(name), value());
    } while (take(','));
    expect("}");
    return AttributeMap::from_entries(std::move(entries));
  }

  template <class Element, class Read>
  std::vector<Element> array(Read read) {
    std::vector<Element> elements;
    expect("[");
    if (take(']')) return elements;
    do {
      elements.push_back(read());
    } while (take(','));
    expect("]");
    return elements;
  }

  bool boolean() {
    if (end_ - p_ >= 4 && *p_ == 't') {
      expect("true");
      return true;
    }
    expect("false");
    return false;
  }

  Number number() {
    auto number = Number::parse(plain_text());
    require_stored(number.has_value(), kWhat);
    return *number;
  }

  Buffer binary() {
    auto bytes = from_base64(plain_text());
    require_stored(bytes.has_value(), kWhat);
    return *std::move(bytes);
  }

  // A string that holds nothing to unescape.
  std::string_view plain_text() {
    expect("\"");
    const char* const begin = p_;
    p_ = find(p_, '"');
    return {begin, static_cast<std::size_t>(p_++ - begin)};
  }

  std::string string() {
    expect("\"");
    const char* quote = find(p_, '"');
    const char* backslash = find_or_end(p_, quote, '\\');
    std::string text(p_, backslash);
    p_ = backslash;
    while (*p_ == '\\') {
      text.push_back(escape());
      // The quote seen so far may have been an escaped one.
      if (quote < p_) quote = find(p_, '"');
      backslash = find_or_end(p_, quote, '\\');
      text.append(p_, backslash);
      p_ = backslash;
    }
    ++p_;
    return text;
  }

  char escape() {
    require_stored(end_ - p_ >= 2, kWhat);
    const char kind = p_[1];
    p_ += 2;
    switch (kind) {
      case 'b':
        return '\b';
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'u': {
        expect("00");
        require_stored(end_ - p_ >= 2, kWhat);
        const int code = hex(p_[0]) * 16 + hex(p_[1]);
        p_ += 2;
        return static_cast<char>(code);
      }
      default:
        require_stored(kind == '"' || kind == '\\', kWhat);
        return kind;
    }
  }

  static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    require_stored(c >= 'a' && c <= 'f', kWhat);
    return c - 'a' + 10;
  }

  const char* find(const char* from, char c) const {
    const void* found = std::memchr(from, c, static_cast<std::size_t>(end_ - from));
    require_stored(found != nullptr, kWhat);
    return static_cast<const char*>(found);
  }

  static const char* find_or_end(const char* from, const char* end, char c) {
    const void* found = std::memchr(from, c, static_cast<std::size_t>(end - from));
    return found != nullptr ? static_cast<const char*>(found) : end;
  }

  bool take(char c) {
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }

  void expect(std::string_view text) {
    require_stored(static_cast<std::size_t>(end_ - p_) >= text.size() &&
                       std::memcmp(p_, text.data(), text.size()) == 0,
                   kWhat);
    p_ += text.size();
  }

  const char* p_;
  const char* end_;
  int depth_ = 0;
};

}  // namespace

AttributeValue parse_value_json(std::string_view json) {
  ValueReader reader(json);
  AttributeValue value = reader.value();
  require_stored(reader.at_end(), kWhat);
  return value;
}

}  // namespace tailrace
