#include "server/templates/document.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"

namespace tailrace::templates {
namespace {

constexpr int kDepthMax = 100;
// CloudFormation takes templates of a megabyte.
constexpr std::size_t kBytesMax = std::size_t{8} << 20;
// Aliases repeat what they name, and what they name may be full of aliases.
constexpr std::size_t kNodesMax = 1'000'000;

ApiError document_error(std::string_view file, int line, std::string_view what) {
  return validation_error(line > 0 ? str_cat(file, ":", line, ": ", what)
                                   : str_cat(file, ": ", what));
}

// Long name of a short form: !Ref is Ref, !Condition is Condition, !X is Fn::X.
std::string long_form(std::string_view tag) {
  const std::string_view name = tag.substr(1);
  if (name == "Ref" || name == "Condition") return std::string(name);
  return str_cat("Fn::", name);
}

// !GetAtt Table.StreamArn is {"Fn::GetAtt": ["Table", "StreamArn"]}.
Node split_get_att(const Scalar& scalar, int line) {
  const std::size_t dot = scalar.text.find('.');
  if (dot == std::string::npos) return text_node(scalar.text, line);
  return Node{NodeList{text_node(scalar.text.substr(0, dot), line),
                       text_node(scalar.text.substr(dot + 1), line)},
              line};
}

class Converter {
 public:
  explicit Converter(std::string_view file) : file_(file) {}

  Result<Node> convert(const YAML::Node& yaml, int depth) {
    const int line = yaml.Mark().line + 1;
    if (depth > kDepthMax) return document_error(file_, line, "nested too deeply");
    if (++nodes_ > kNodesMax) {
      return document_error(
          file_, line, str_cat("more than ", kNodesMax, " values, aliases (*name) written out"));
    }
    TRY(Node node, convert_value(yaml, depth, line));
    const std::string& tag = yaml.Tag();
    if (tag.size() < 2 || tag[0] != '!' || tag[1] == '!') return node;
    std::string name = long_form(tag);
    if (name == "Fn::GetAtt" && node.scalar() != nullptr)
      node = split_get_att(*node.scalar(), line);
    NodeMap wrapped;
    wrapped.emplace_back(std::move(name), std::move(node));
    return Node{std::move(wrapped), line};
  }

 private:
  Result<Node> convert_value(const YAML::Node& yaml, int depth, int line) {
    switch (yaml.Type()) {
      case YAML::NodeType::Scalar: {
        const bool quoted = yaml.Tag() == "!";
        return Node{Scalar{yaml.Scalar(), quoted ? ScalarStyle::kQuoted : ScalarStyle::kPlain},
                    line};
      }
      case YAML::NodeType::Sequence:
        return convert_list(yaml, depth, line);
      case YAML::NodeType::Map:
        return convert_map(yaml, depth, line);
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return Node{std::monostate{}, line};
    }
    CHECK(false);
  }

  Result<Node> convert_list(const YAML::Node& yaml, int depth, int line) {
    NodeList list;
    for (const YAML::Node& element : yaml) {
      TRY(Node node, convert(element, depth + 1));
      list.push_back(std::move(node));
    }
    return Node{std::move(list), line};
  }

  Result<Node> convert_map(const YAML::Node& yaml, int depth, int line) {
    NodeMap map;
    std::set<std::string_view> names;
    for (const auto& member : yaml) {
      const int member_line = member.first.Mark().line + 1;
      if (!member.first.IsScalar())
        return document_error(file_, member_line, "a name must be a text");
      const std::string& name = member.first.Scalar();
      if (!names.insert(name).second)
        return document_error(file_, member_line, str_cat("'", name, "' stands here twice"));
      TRY(Node node, convert(member.second, depth + 1));
      map.emplace_back(name, std::move(node));
    }
    return Node{std::move(map), line};
  }

  std::string_view file_;
  std::size_t nodes_ = 0;
};

// JSON is read by a JSON parser: YAML's knows no surrogate pairs. Its nodes carry no lines;
// messages name the path.
std::string number_text(const rapidjson::Value& value) {
  if (value.IsInt64()) return str_cat(value.GetInt64());
  std::string text;
  JsonWriter(text).number(value.GetDouble());
  return text;
}

Node convert_json(const rapidjson::Value& value) {
  switch (value.GetType()) {
    case rapidjson::kNullType:
      return Node{};
    case rapidjson::kFalseType:
      return Node{Scalar{"false"}};
    case rapidjson::kTrueType:
      return Node{Scalar{"true"}};
    case rapidjson::kNumberType:
      return Node{Scalar{number_text(value)}};
    case rapidjson::kStringType:
      return text_node({value.GetString(), value.GetStringLength()}, 0);
    case rapidjson::kArrayType: {
      NodeList list;
      for (const auto& element : value.GetArray()) list.push_back(convert_json(element));
      return Node{std::move(list)};
    }
    case rapidjson::kObjectType: {
      NodeMap map;
      for (const auto& member : value.GetObject())
        map.emplace_back(member.name.GetString(), convert_json(member.value));
      return Node{std::move(map)};
    }
  }
  CHECK(false);
}

Result<Node> parse_json(std::string_view text, std::string_view file) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
  if (!document.HasParseError()) return convert_json(document);
  const auto before = text.substr(0, document.GetErrorOffset());
  const auto line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
  return document_error(file, line, rapidjson::GetParseError_En(document.GetParseError()));
}

// Whether brackets nest so deeply that reading the text recursively would be unsafe.
bool nests_too_deeply(std::string_view text) {
  int depth = 0;
  for (const char c : text) {
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth > kDepthMax) return true;
  }
  return false;
}

bool is_number(std::string_view text) {
  const std::size_t digits = text.starts_with('-') ? 1 : 0;
  const std::string_view magnitude = text.substr(digits);
  if (magnitude.empty() || magnitude.find_first_not_of("0123456789.") != std::string_view::npos)
    return false;
  if (magnitude.size() > 1 && magnitude[0] == '0' && magnitude[1] != '.') return false;
  return std::count(magnitude.begin(), magnitude.end(), '.') <= 1 && magnitude.front() != '.' &&
         magnitude.back() != '.';
}

void write_scalar(JsonWriter& json, const Scalar& scalar) {
  if (scalar.style == ScalarStyle::kQuoted) {
    json.string(scalar.text);
  } else if (scalar.text == "true" || scalar.text == "True") {
    json.boolean(true);
  } else if (scalar.text == "false" || scalar.text == "False") {
    json.boolean(false);
  } else if (is_number(scalar.text)) {
    json.raw(scalar.text);
  } else {
    json.string(scalar.text);
  }
}

void write_node(JsonWriter& json, const Node& node) {
  if (node.is_null()) {
    json.null();
  } else if (const Scalar* scalar = node.scalar()) {
    write_scalar(json, *scalar);
  } else if (const NodeList* list = node.list()) {
    json.begin_array();
    for (const Node& element : *list) write_node(json, element);
    json.end_array();
  } else {
    json.begin_object();
    for (const auto& [name, member] : *node.map()) {
      json.key(name);
      write_node(json, member);
    }
    json.end_object();
  }
}

}  // namespace

const Node* Node::find(std::string_view name) const {
  const NodeMap* members = map();
  if (members == nullptr) return nullptr;
  for (const auto& [member_name, node] : *members)
    if (member_name == name) return &node;
  return nullptr;
}

Node text_node(std::string text, int line) {
  return Node{Scalar{std::move(text), ScalarStyle::kQuoted}, line};
}

Result<Node> parse_document(std::string_view text, std::string_view file) {
  if (text.size() > kBytesMax)
    return document_error(file, 0, str_cat("larger than ", kBytesMax >> 20, " MB"));
  if (nests_too_deeply(text)) return document_error(file, 0, "nested too deeply");
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') return parse_json(text, file);
  try {
    return Converter(file).convert(YAML::Load(std::string(text)), 0);
  } catch (
      const YAML::Exception& error) {  // The library reports by exceptions; none leaves this file.
    return document_error(file, error.mark.is_null() ? 0 : error.mark.line + 1, error.msg);
  }
}

Result<Node> read_document(const std::filesystem::path& file) {
  // Devices have no end, and nobody may ever write to a pipe.
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return validation_error(str_cat("cannot read '", file.string(), "': it is ",
                                    std::filesystem::is_directory(status)
                                        ? "a directory; name the file in it"
                                        : "no regular file; copy it to one"));
  std::ifstream stream(file);
  if (!stream)
    return validation_error(
        str_cat("cannot read '", file.string(), "'; check the path and its permissions"));
  std::string text(kBytesMax + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return parse_document(text, file.string());
}

std::string to_json(const Node& node) {
  std::string text;
  JsonWriter json(text);
  write_node(json, node);
  return text;
}

}  // namespace tailrace::templates
