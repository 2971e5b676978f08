// The values of a fence and the names of its blobs: a pure codec.
//
//   value,<token>,<version>,<blob_token>-<nonce>     in FENCE/, the register
//   blob,<blob_token>,<nonce>                        in FENCE.blobs/, where the contents live
//
// `version` counts the publications under that token; version 0 is a raise, which carries the blob
// of an earlier token, or none: 0-0. The nonce is 16 hexadecimal digits. Reading is strict: one
// text for one value. Source: lib/README.md, "The fence".
#pragma once

#include <holdfast/token.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// The contents of one publication. Token 0: nothing was ever published.
struct FenceBlob {
  Token token = 0;
  std::uint64_t nonce = 0;

  bool is_none() const { return token == 0; }
  bool operator==(const FenceBlob&) const = default;
};

struct FenceValue {
  Token token = 0;
  std::uint64_t version = 0;
  FenceBlob blob;

  bool operator==(const FenceValue&) const = default;
};

/// Whether the name claims to be a value.
bool is_fence_value_name(std::string_view name);
/// The value of this name; nullopt if it is none, or not in its one form, or one that no sequence
/// of raises and publications makes.
std::optional<FenceValue> parse_fence_value(std::string_view name);
std::string fence_value_name(const FenceValue& value);
/// By token, then by version.
bool ranks_below(const FenceValue& a, const FenceValue& b);

std::optional<FenceBlob> parse_fence_blob(std::string_view name);
std::string fence_blob_name(const FenceBlob& blob);

}  // namespace holdfast
