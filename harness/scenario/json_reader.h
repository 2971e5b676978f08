// Reading a JSON object key by key, so that whatever was not asked for is known to be unknown.
//
// Nothing stops at the first mistake: each is noted with its place, and reading goes on, so that a
// person mends a file in one go.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/result/result.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// What is wrong with one file, in the order in which it was found.
class Complaints {
 public:
  explicit Complaints(std::string file) : file_(std::move(file)) {}
  void add(const std::string& pointer, std::string message);
  bool none() const { return list_.empty(); }
  /// All of them as one: the first one's place, the others' on lines of their own.
  Problem as_problem() const;
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::vector<Problem> list_;
};

/// A value and its place.
struct Node {
  const nlohmann::json* value = nullptr;
  std::string pointer;
  Complaints* complaints = nullptr;

  void complain(std::string message) const { complaints->add(pointer, std::move(message)); }
  /// "found FOUND, allowed is ALLOWED".
  void wrong(const std::string& allowed) const;
};

/// A number's allowed range, both ends included.
template <class T>
struct Range {
  T least;
  T most;
};

// Each reads one value; nothing, and a complaint, if it is not as said.
std::optional<std::string> read_text(const Node& node);
std::optional<bool> read_bool(const Node& node);
std::optional<std::uint64_t> read_count(const Node& node, Range<std::uint64_t> range);
std::optional<double> read_number(const Node& node, Range<double> range);
/// Not below `least`.
std::optional<Nanoseconds> read_duration(const Node& node, Nanoseconds least = Nanoseconds{0});
std::optional<Nanoseconds> read_duration_between(const Node& node, Nanoseconds least,
                                                 Nanoseconds most);
std::optional<Distribution> read_distribution(const Node& node);
/// One of `words`, as its index.
std::optional<std::size_t> read_word(const Node& node, const char* what,
                                     const std::vector<std::string>& words);
/// The elements of a list; `what` is said where it is none.
std::vector<Node> read_list(const Node& node, const char* what);

class ObjectReader {
 public:
  /// Complains if `node` is no object, saying what is allowed instead; reads as empty then.
  ObjectReader(Node node, const char* allowed);
  /// The value of `key`, which is known from now on.
  std::optional<Node> find(const char* key);
  /// Reads `key` into `to` with `read` if it is there.
  template <class To, class Read>
  void get(const char* key, To& to, Read read) {
    if (const auto node = find(key)) {
      if (auto value = read(*node)) to = std::move(*value);
    }
  }
  /// Complains about every key that was never asked for.
  void finish() const;
  const Node& node() const { return node_; }

 private:
  Node node_;
  bool usable_;
  std::vector<std::string> known_;
};

}  // namespace holdfast::harness
