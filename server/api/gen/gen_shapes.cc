// gen_shapes MODEL_DIR OUT.cc: writes AWS's service models as constant Shape tables
// (server/api/shape.h). Runs on the machine that builds. What request-validation-order.json says of
// a member stands before the model, and corrections.json before both; members that only the model
// has come after the others, in its order.
#include <rapidjson/document.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Json = rapidjson::Value;

[[noreturn]] void fail(const std::string& what) {
  std::cerr << "gen_shapes: " << what << '\n';
  std::exit(1);
}

rapidjson::Document read_json(const std::string& path) {
  std::ifstream in(path);
  if (!in) fail("cannot read " + path);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  rapidjson::Document document;
  if (document.Parse(text.c_str()).HasParseError()) fail("not JSON: " + path);
  return document;
}

const Json* find(const Json& object, const char* name) {
  const auto it = object.FindMember(name);
  return it == object.MemberEnd() ? nullptr : &it->value;
}

std::string text_of(const Json& object, const char* name) {
  const Json* value = find(object, name);
  return value == nullptr ? std::string() : value->GetString();
}

bool contains(const Json& list, std::string_view text) {
  for (const Json& entry : list.GetArray()) {
    if (text == entry.GetString()) return true;
  }
  return false;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// What is checked of one member: the union of the three sources' notations.
struct Checks {
  bool required = false;
  bool required_parameter = false;
  std::string min, max, pattern;
  std::vector<std::string> enum_values;
};

// Where a shape is met, for corrections.
struct Spot {
  std::string operation;
  std::string path;
  std::string member;
};

class Generator {
 public:
  Generator(const rapidjson::Document& order, const rapidjson::Document& corrections)
      : order_(order["operations"]), corrections_(corrections) {}

  // Appends the table of one service; `function` is its accessor in shape.h.
  void add_service(const rapidjson::Document& model,
                   const std::string& function,
                   const std::string& java_package) {
    const bool ordered = function == "dynamodb_shapes";  // The order file is DynamoDB's alone.
    shapes_ = &model["shapes"];
    java_package_ = java_package;
    enum_orders_.clear();
    for (const auto& entry : corrections_["enums"].GetObject())
      enum_orders_[entry.name.GetString()] = strings(entry.value);
    if (ordered) learn_enum_orders(model["operations"]);
    std::map<std::string, std::string>
        inputs;  // In the order of names, so that lookups can bisect.
    for (const auto& operation : model["operations"].GetObject()) {
      const std::string name = operation.name.GetString();
      const Json* input = find(operation.value, "input");
      const Json* order = ordered ? find(order_, name.c_str()) : nullptr;
      inputs[name] =
          structure(input == nullptr ? "" : text_of(*input, "shape"), order, {name, "", ""});
    }
    tail_ << "std::span<const OperationShape> " << function
          << "() {\n  static constexpr OperationShape kTable[] = {\n";
    for (const auto& [name, shape] : inputs)
      tail_ << "      {" << quoted(name) << ", &" << shape << "},\n";
    tail_ << "  };\n  return kTable;\n}\n\n";
  }

  void write(std::ostream& out) const {
    out << "// Written by gen_shapes from server/api/model/.\n#include \"server/api/shape.h\"\n\n"
           "namespace tailrace::api {\nnamespace {\n\n"
        << body_.str() << "\n}  // namespace\n\n"
        << tail_.str() << "}  // namespace tailrace::api\n";
  }

 private:
  // Equal definitions share one constant.
  std::string constant(const std::string& type,
                       const std::string& prefix,
                       const std::string& definition) {
    const auto [it, is_new] =
        constants_.try_emplace(type + definition, prefix + std::to_string(constants_.size()));
    if (is_new)
      body_ << "constexpr " << type << ' ' << it->second << (type.back() == ' ' ? "[]" : "")
            << definition << ";\n";
    return it->second;
  }

  // Enum values are listed in one order wherever a shape is used; the order file shows it for some
  // uses.
  void learn_enum_orders(const Json& operations) {
    for (const auto& operation : order_.GetObject()) {
      const Json* modelled = find(operations, operation.name.GetString());
      if (modelled == nullptr) continue;
      learn_enum_orders_of((*shapes_)[text_of((*modelled)["input"], "shape").c_str()],
                           operation.value);
    }
  }
  void learn_enum_orders_of(const Json& model, const Json& members) {
    for (const Json& member : members.GetArray()) {
      const Json* reference = find(model["members"], member["name"].GetString());
      if (reference != nullptr) learn_enum_order_of_member(text_of(*reference, "shape"), member);
    }
  }
  void learn_enum_order_of_member(const std::string& shape_name, const Json& member) {
    const Json& shape = (*shapes_)[shape_name.c_str()];
    if (const Json* checks = find(member, "checks")) {
      for (const Json& check : checks->GetArray()) {
        if (std::string_view(check[0].GetString()) == "enum")
          enum_orders_.try_emplace(shape_name, strings(check[1]));
      }
    }
    if (const Json* members = find(member, "members")) learn_enum_orders_of(shape, *members);
    if (const Json* element = find(member, "element")) {
      if (text_of(*element, "kind") == "AttributeValue") return;
      learn_enum_order_of_member(
          text_of(find(shape, "member") != nullptr ? shape["member"] : shape["value"], "shape"),
          *element);
    }
  }

  static std::vector<std::string> strings(const Json& list) {
    std::vector<std::string> out;
    for (const Json& entry : list.GetArray()) out.emplace_back(entry.GetString());
    return out;
  }

  static std::string number_text(const Json& value) {
    return std::to_string(value.IsDouble() ? static_cast<std::int64_t>(value.GetDouble())
                                           : value.GetInt64());
  }

  Checks checks_of_model(const std::string& shape_name) const {
    const Json& shape = (*shapes_)[shape_name.c_str()];
    Checks checks;
    if (const Json* min = find(shape, "min")) checks.min = number_text(*min);
    if (const Json* max = find(shape, "max")) checks.max = number_text(*max);
    checks.pattern = text_of(shape, "pattern");
    if (const Json* values = find(shape, "enum")) {
      const auto known = enum_orders_.find(shape_name);
      checks.enum_values = known != enum_orders_.end() ? known->second : strings(*values);
    }
    return checks;
  }

  static Checks checks_of_order(const Json& list) {
    Checks checks;
    for (const Json& check : list.GetArray()) {
      const std::string_view kind = check[0].GetString();
      if (kind == "notNull")
        checks.required = true;
      else if (kind == "requiredParameter")
        checks.required_parameter = true;
      else if (kind == "pattern")
        checks.pattern = check[1].GetString();
      else if (kind == "minLength" || kind == "min")
        checks.min = number_text(check[1]);
      else if (kind == "maxLength" || kind == "max")
        checks.max = number_text(check[1]);
      else if (kind == "enum")
        checks.enum_values = strings(check[1]);
      else if (kind != "mapKeys" && kind != "mapValues")
        fail("unknown check " + std::string(kind));
      // Constraints of keys and values are those of the model's key and value shapes.
    }
    return checks;
  }

  const Json* correction(const char* group, const Spot& spot, const std::string& shape_name) const {
    for (const Json& row : corrections_[group].GetArray()) {
      const Json* operations = find(row, "operations");
      if (operations != nullptr && !contains(*operations, spot.operation)) continue;
      if (row.HasMember("member") && text_of(row, "member") != spot.member) continue;
      if (row.HasMember("path") && text_of(row, "path") != spot.path) continue;
      if (row.HasMember("shape") && text_of(row, "shape") != shape_name) continue;
      return &row["checks"];
    }
    return nullptr;
  }

  std::string java_type(const std::string& shape_name) const {
    const Json& shape = (*shapes_)[shape_name.c_str()];
    const std::string type = text_of(shape, "type");
    if (type == "structure") return java_package_ + shape_name;
    if (type == "list")
      return "java.util.List<" + java_type(text_of(shape["member"], "shape")) + ">";
    if (type == "map") {
      return "java.util.Map<java.lang.String, " + java_type(text_of(shape["value"], "shape")) + ">";
    }
    static const std::map<std::string, std::string> kScalars = {
        {"string", "java.lang.String"},   {"boolean", "java.lang.Boolean"},
        {"integer", "java.lang.Integer"}, {"long", "java.lang.Long"},
        {"double", "java.lang.Double"},   {"timestamp", "java.util.Date"},
        {"blob", "java.nio.ByteBuffer"}};
    return kScalars.at(type);
  }

  // Members with their rows in the table, in the order of checks.
  using Rows = std::vector<std::pair<std::string, std::string>>;

  // corrections.json's changes of the order of a request's members.
  void reorder(const Spot& spot, Rows& rows) const {
    if (!spot.path.empty()) return;
    const auto find_row = [&](const std::string& name) {
      const auto found = std::find_if(rows.begin(), rows.end(),
                                      [&](const auto& row) { return row.first == name; });
      if (found == rows.end()) fail(spot.operation + " has no member " + name);
      return found;
    };
    for (const Json& change : corrections_["order"].GetArray()) {
      if (text_of(change, "operation") != spot.operation) continue;
      const auto moved = find_row(text_of(change, "member"));
      const auto target = find_row(text_of(change, "before"));
      if (target < moved) std::rotate(target, moved, moved + 1);
    }
  }

  // Members of a structure: first as the order file lists them, then what only the model has.
  std::string structure(const std::string& shape_name, const Json* order, const Spot& spot) {
    if (shape_name.empty())
      return constant("Shape", "s", "{.kind = Kind::kStructure, .java_type = \"\"}");
    if (spot.path.size() > 500) fail("recursive shape " + shape_name + " in " + spot.operation);
    const Json& shape = (*shapes_)[shape_name.c_str()];
    Rows rows;
    std::set<std::string> seen;
    if (order != nullptr) {
      for (const Json& entry : order->GetArray()) {
        const std::string name = entry["name"].GetString();
        const Json* reference = find(shape["members"], name.c_str());
        if (reference == nullptr) fail(spot.operation + " has no member " + spot.path + "." + name);
        seen.insert(name);
        rows.emplace_back(name, member(name, text_of(*reference, "shape"), &entry, false, spot));
      }
    }
    const Json* required = find(shape, "required");
    for (const auto& entry : shape["members"].GetObject()) {
      const std::string name = entry.name.GetString();
      if (seen.contains(name)) continue;
      rows.emplace_back(name, member(name, text_of(entry.value, "shape"), nullptr,
                                     required != nullptr && contains(*required, name), spot));
    }
    reorder(spot, rows);
    std::string table;
    for (const auto& [name, row] : rows) table += row;
    std::string definition =
        "{.kind = Kind::kStructure, .java_type = " + quoted(java_type(shape_name));
    if (rows.empty()) return constant("Shape", "s", definition + "}");
    definition += ", .members = " + constant("Member ", "m", "{" + table + "}");
    definition += ", .printed = " + constant("std::string_view ", "e", printed(shape_name));
    if (shape_name == "TransactWriteItem") definition += ", .is_choice = true";
    return constant("Shape", "s", definition + "}");
  }

  // The service's classes print their members as the model lists them, and some that it does not
  // list.
  std::string printed(const std::string& shape_name) const {
    std::string names;
    for (const auto& entry : (*shapes_)[shape_name.c_str()]["members"].GetObject())
      names += quoted(entry.name.GetString()) + ", ";
    if (const Json* more = find(corrections_["printed"], shape_name.c_str()))
      for (const Json& name : more->GetArray()) names += quoted(name.GetString()) + ", ";
    return "{" + names + "}";
  }

  std::string member(const std::string& name,
                     const std::string& shape_name,
                     const Json* order,
                     bool required,
                     const Spot& parent) {
    const Spot spot{parent.operation, parent.path.empty() ? name : parent.path + "." + name, name};
    Checks checks;
    if (const Json* corrected = correction("checks", spot, shape_name)) {
      checks = checks_of_order(*corrected);
      if (checks.enum_values.empty()) checks.enum_values = checks_of_model(shape_name).enum_values;
    } else if (order != nullptr) {
      if (const Json* list = find(*order, "checks")) checks = checks_of_order(*list);
    } else {
      checks = checks_of_model(shape_name);
      checks.required = required;
    }
    return "{" + quoted(name) + ", &" + shape(shape_name, checks, order, spot) + ", " +
           (checks.required ? "true" : "false") + ", " +
           (checks.required_parameter ? "true" : "false") + "}, ";
  }

  std::string element(const std::string& shape_name, const Json* order, const Spot& parent) {
    const Spot spot{parent.operation, parent.path + "[]", ""};
    const Json* entry = order == nullptr ? nullptr : find(*order, "element");
    return shape(shape_name, element_checks("elements", shape_name, spot), entry, spot);
  }

  std::string shape(const std::string& shape_name,
                    const Checks& checks,
                    const Json* order,
                    const Spot& spot) {
    if (shape_name == "AttributeValue") {
      return constant(
          "Shape", "s",
          "{.kind = Kind::kAttributeValue, .java_type = " + quoted(java_type(shape_name)) + "}");
    }
    const Json& model = (*shapes_)[shape_name.c_str()];
    const std::string type = text_of(model, "type");
    if (type == "structure") {
      return structure(shape_name, order == nullptr ? nullptr : find(*order, "members"), spot);
    }
    static const std::map<std::string, std::string> kKinds = {
        {"string", "kString"},       {"boolean", "kBoolean"}, {"integer", "kInteger"},
        {"long", "kLong"},           {"double", "kDouble"},   {"blob", "kBlob"},
        {"timestamp", "kTimestamp"}, {"list", "kList"},       {"map", "kMap"}};
    std::string definition =
        "{.kind = Kind::" + kKinds.at(type) + ", .java_type = " + quoted(java_type(shape_name));
    if (type == "list")
      definition += ", .element = &" + element(text_of(model["member"], "shape"), order, spot);
    if (type == "map") {
      const std::string key_name = text_of(model["key"], "shape");
      definition += ", .element = &" + element(text_of(model["value"], "shape"), order, spot);
      definition += ", .key = &" + shape(key_name, element_checks("keys", key_name, spot), nullptr,
                                         {spot.operation, spot.path, ""});
    }
    if (!checks.min.empty()) definition += ", .has_min = true";
    if (!checks.max.empty()) definition += ", .has_max = true";
    if (!checks.min.empty()) definition += ", .min = " + checks.min;
    if (!checks.max.empty()) definition += ", .max = " + checks.max;
    if (!checks.pattern.empty()) definition += ", .pattern = " + quoted(checks.pattern);
    if (!checks.enum_values.empty()) {
      std::string values;
      for (const std::string& value : checks.enum_values) values += quoted(value) + ", ";
      definition += ", .enum_values = " + constant("std::string_view ", "e", "{" + values + "}");
    }
    if (shape_name == "TableArn") definition += ", .takes_arn = true";
    return constant("Shape", "s", definition + "}");
  }

  // What is checked of the elements of a list or map, or of a map's keys.
  Checks element_checks(const char* group, const std::string& shape_name, const Spot& spot) const {
    const Json* corrected = correction(group, spot, shape_name);
    return corrected != nullptr ? checks_of_order(*corrected) : checks_of_model(shape_name);
  }

  const Json& order_;
  const Json& corrections_;
  const Json* shapes_ = nullptr;
  std::string java_package_;
  std::map<std::string, std::vector<std::string>> enum_orders_;
  std::map<std::string, std::string> constants_;
  std::ostringstream body_, tail_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) fail("usage: gen_shapes MODEL_DIR OUT.cc");
  const std::string folder = std::string(argv[1]) + "/";
  const auto order = read_json(folder + "request-validation-order.json");
  const auto corrections = read_json(folder + "corrections.json");
  Generator generator(order, corrections);
  generator.add_service(read_json(folder + "dynamodb-2012-08-10.json"), "dynamodb_shapes",
                        "com.amazonaws.dynamodb.v20120810.");
  generator.add_service(read_json(folder + "dynamodbstreams-2012-08-10.json"), "streams_shapes",
                        "com.amazonaws.dynamodb.v20120810.");
  generator.add_service(read_json(folder + "lambda-2015-03-31.json"), "lambda_shapes",
                        "com.amazonaws.lambda.");
  std::ofstream out(argv[2]);
  generator.write(out);
  if (!out.flush()) fail(std::string("cannot write ") + argv[2]);
}
