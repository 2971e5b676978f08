// Many small numbers in little text: what a page carries of a run's holds.
//
// Each number is a varint: seven bits a byte, the lowest first, the highest bit says that more
// follow. Numbers with a sign alternate: 0, -1, 1, -2. The bytes stand in base64 (RFC 4648), which
// every browser decodes by itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::harness {

class Packed {
 public:
  void put(std::uint64_t number);
  void put_signed(std::int64_t number);
  /// What lies between two instants, whichever is the earlier.
  void put_step(std::int64_t from_ns, std::int64_t to_ns);
  /// The same, and nothing if `until_ns` is the earlier.
  void put_length(std::int64_t from_ns, std::int64_t until_ns);

  std::string base64() const;

 private:
  std::string bytes_;
};

std::string base64(std::string_view bytes);

}  // namespace holdfast::harness
