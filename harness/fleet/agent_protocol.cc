#include "harness/fleet/agent_protocol.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <type_traits>

#include "harness/fleet/message_fields.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

struct Writer;
struct Reader;

template <class T>
json to_json_value(const T& value);
template <class T>
void from_json_value(const json& from, T& value);

template <class T>
concept HasFields = requires(T& value, Writer& writer) {
  fields(writer, value);
};

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

struct Writer {
  json& out;
  template <class T>
  void operator()(const char* name, const T& value) {
    out[name] = to_json_value(value);
  }
};

struct Reader {
  const json& in;
  template <class T>
  void operator()(const char* name, T& value) {
    from_json_value(in.at(name), value);
  }
};

template <class T>
json to_json_value(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return static_cast<int>(value);
  } else if constexpr (std::is_same_v<T, Nanoseconds>) {
    return value.count();
  } else if constexpr (IsOptional<T>::value) {
    return value ? to_json_value(*value) : json(nullptr);
  } else if constexpr (IsVector<T>::value) {
    json list = json::array();
    for (const auto& element : value) list.push_back(to_json_value(element));
    return list;
  } else if constexpr (HasFields<T>) {
    json object = json::object();
    Writer writer{object};
    // Reading and writing share one list of members, so it takes them by reference; only Reader
    // changes them.
    fields(writer, const_cast<T&>(value));
    return object;
  } else {
    return value;
  }
}

template <class T>
void from_json_value(const json& from, T& value) {
  if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(from.get<int>());
  } else if constexpr (std::is_same_v<T, Nanoseconds>) {
    value = Nanoseconds(from.get<std::int64_t>());
  } else if constexpr (IsOptional<T>::value) {
    value.reset();
    if (!from.is_null()) from_json_value(from, value.emplace());
  } else if constexpr (IsVector<T>::value) {
    value.clear();
    for (const json& element : from.get_ref<const json::array_t&>()) {
      from_json_value(element, value.emplace_back());
    }
  } else if constexpr (HasFields<T>) {
    Reader reader{from};
    fields(reader, value);
  } else {
    from.get_to(value);
  }
}

template <class Message>
std::string line_of(const char* key, const Message& message) {
  return std::visit(
      [&](const auto& of) {
        json object = to_json_value(of);
        object[key] = tag(of);
        return object.dump(-1, ' ', false, json::error_handler_t::replace);
      },
      message);
}

tl::unexpected<Problem> bad_line(const std::string& line, const std::string& why) {
  constexpr std::size_t kShown = 120;
  const std::string shown = line.size() <= kShown ? line : line.substr(0, kShown) + "...";
  return problem("a line between harness processes", why + ": " + shown);
}

/// The first alternative of the variant whose tag this is.
template <class Message, std::size_t Index = 0>
bool read_alternative(const std::string& name, const json& object, Message& message) {
  if constexpr (Index == std::variant_size_v<Message>) {
    return false;
  } else {
    std::variant_alternative_t<Index, Message> value;
    if (name != tag(value)) return read_alternative<Message, Index + 1>(name, object, message);
    from_json_value(object, value);
    message = std::move(value);
    return true;
  }
}

template <class Message>
Result<Message> read_line(const char* key, const std::string& line) {
  try {
    const json object = json::parse(line);
    const auto name = object.at(key).get<std::string>();
    Message message;
    if (!read_alternative(name, object, message)) {
      return bad_line(line, "there is no message \"" + name + "\"");
    }
    return message;
  } catch (const json::exception& error) {
    return bad_line(line, error.what());
  }
}

}  // namespace

std::string to_line(const ToAgent& message) { return line_of("do", message); }
std::string to_line(const FromAgent& message) { return line_of("is", message); }
std::string to_line(const FromWorker& message) { return line_of("is", message); }

std::string to_line(const WorkerPlan& plan) {
  json object = to_json_value(plan);
  object["version"] = kAgentProtocol;
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

namespace {
constexpr std::string_view kEcho = "echo ";
}

std::string echo_line(std::int64_t at_ns) { return std::string(kEcho) + std::to_string(at_ns); }

std::optional<std::int64_t> read_echo(const std::string& line) {
  if (!line.starts_with(kEcho)) return std::nullopt;
  std::int64_t at_ns = 0;
  const char* const end = line.data() + line.size();
  const auto read = std::from_chars(line.data() + kEcho.size(), end, at_ns);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return at_ns;
}

std::string recorder_clock() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  std::error_code error;
  const auto time = std::filesystem::read_symlink("/proc/self/ns/time", error);
  if (error || !std::getline(file, boot)) return {};
  return boot + " " + time.string();
}

Result<ToAgent> read_to_agent(const std::string& line) { return read_line<ToAgent>("do", line); }

Result<FromAgent> read_from_agent(const std::string& line) {
  return read_line<FromAgent>("is", line);
}

Result<FromWorker> read_from_worker(const std::string& line) {
  return read_line<FromWorker>("is", line);
}

Result<WorkerPlan> read_worker_plan(const std::string& line) {
  try {
    const json object = json::parse(line);
    if (const int version = object.at("version").get<int>(); version != kAgentProtocol) {
      return bad_line(line, "version " + std::to_string(version) + ", this program speaks " +
                                std::to_string(kAgentProtocol));
    }
    WorkerPlan plan;
    from_json_value(object, plan);
    return plan;
  } catch (const json::exception& error) {
    return bad_line(line, error.what());
  }
}

}  // namespace holdfast::harness
