// Fence: the resource's side. A file that only the holder with the highest token can replace.
//
// A lock alone cannot stop a holder that is paused past its lease and wakes inside its critical
// section; what it protects can, if it refuses writers whose token is behind. Fence is such a
// resource: contents are immutable blobs, and a register names the current one with its token.
// Source: lib/README.md, "The fence".
#pragma once

#include <holdfast/error.h>
#include <holdfast/os/os.h>
#include <holdfast/token.h>

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

namespace holdfast {

/// Threads: one at a time per Fence; several on one path, in one process or in many, know of each
///          other. A forked child has raised nothing.
class Fence {
 public:
  /// Does no file operation: raise() makes the directory `path`, and `path`.blobs beside it; their
  /// parent must be there. Trailing slashes are removed.
  explicit Fence(std::string path);
  Fence(std::string path, os::System system);
  ~Fence();
  Fence(const Fence&) = delete;
  Fence& operator=(const Fence&) = delete;

  struct Contents {
    Token token = 0;            ///< the highest that the fence was raised to
    std::uint64_t version = 0;  ///< publications under that token
    bool published = false;     ///< false: nothing was ever published
    std::string data;
  };

  /// Refuses all holders below `token` from now on. To its own token: nothing. Makes the fence if
  /// there is none.
  ///
  /// Units:  a doubtful answer is looked into for at most 5 s, here and in publish().
  /// Errors: stale_token, outcome_unknown, corrupt, unsupported, errors of the system.
  void raise(Token token, std::error_code& error);
  /// Replaces the contents, if `token` is still the highest. raise(token) comes first.
  ///
  /// Errors: stale_token (surely refused), outcome_unknown (it may be published yet), not_held
  ///         (never raised to this token by this object), errors of the system.
  void publish(Token token, const std::string& data, std::error_code& error);
  /// What is current, for anybody.
  ///
  /// Errors: corrupt, unsupported, errors of the system (ENOENT of a blob: this host remembers that
  ///         there was none, and this process may not change the directory, which would mend it).
  Contents read(std::error_code& error);
  /// The highest token, without reading the contents; 0 where there is no fence.
  Token token(std::error_code& error);

  // The same, throwing Error.
  void raise(Token token);
  void publish(Token token, const std::string& data);
  Contents read();
  Token token();

  /// Removes blobs that nothing can name any more; how many. Only after raise(token).
  ///
  /// Errors: not_held (never raised to this token by this object), errors of the system (what could
  ///         be removed is gone).
  std::size_t collect(Token token, std::error_code& error);
  std::size_t collect(Token token);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast
