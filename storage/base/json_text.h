// Writing JSON as text: one escaping function and a writer that keeps track of commas.
// Reading is RapidJSON's (server/api/json.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace {

// Appends `text` quoted and escaped. `text` must be valid UTF-8; it is not escaped beyond what JSON asks.
void append_json_string(std::string& out, std::string_view text);

// Appends to a string of the caller's; begin/end calls must pair.
//
//   JsonWriter json(out);
//   json.begin_object();
//   json.key("Count").number(3);
//   json.key("Items").begin_array().raw(item_text).end_array();
//   json.end_object();
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& number(std::int64_t value);
  // Shortest text that reads back as the same double; integral values keep one fraction digit (2.0).
  JsonWriter& number(double value);
  JsonWriter& number(int value) { return number(static_cast<std::int64_t>(value)); }
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  // Inserts finished JSON text as one value.
  JsonWriter& raw(std::string_view json);

  // key() and value in one call.
  JsonWriter& string(std::string_view name, std::string_view text) { return key(name).string(text); }
  JsonWriter& number(std::string_view name, std::int64_t value) { return key(name).number(value); }
  JsonWriter& number(std::string_view name, int value) { return key(name).number(value); }
  JsonWriter& number(std::string_view name, double value) { return key(name).number(value); }
  JsonWriter& boolean(std::string_view name, bool value) { return key(name).boolean(value); }
  JsonWriter& raw(std::string_view name, std::string_view json) { return key(name).raw(json); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string& out_;
  bool comma_ = false;  // A value was written at this level, so the next one needs a comma first.
};

}  // namespace tailrace
