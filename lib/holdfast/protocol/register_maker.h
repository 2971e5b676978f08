// Making a register, and getting rid of what a failed attempt has left.
//
// A register appears in one step: a private directory is filled and then renamed to its place. The
// difficulty is in the replies that are lost on the way: a request that is still under way must not
// reach into the directory once it is the live register. So
//   - the file is made under a name that is no value, and only renamed to the first value: a late
//     second CREATE is then no second value;
//   - it is made in a second private directory, which is removed before the register appears. Late
//     copies of both the CREATE and the RENAME would otherwise make a second value after all; as it
//     is, they name a directory that is gone (a server knows directories by their handles, and one
//     that is made anew has another);
//   - after a doubtful answer the private directory is given up, not used again;
//   - a private directory is never emptied in its place. The name might lead into the live register
//     by then: the rename that was reported as failed has been applied, and this client does not
//     know. It is renamed aside first, and only what that call has moved is emptied.
#pragma once

#include <holdfast/protocol/register.h>

#include <string>
#include <system_error>

namespace holdfast {

class RegisterMaker {
 public:
  explicit RegisterMaker(Register& made) : register_(made) {}

  /// See Register::create.
  Created create(const std::string& first, std::error_code& error);

  static constexpr int kAttempts = 4;  ///< with a new nonce each, after doubtful answers

 private:
  /// The two private directories of one attempt.
  struct Site {
    std::string init;  ///< becomes the register
    std::string seed;  ///< where its file is made
    std::string file;
  };
  Site new_site();

  Created attempt(const std::string& first, std::error_code& error);
  std::error_code fill(const Site& site, const std::string& first);
  Created give_up(const Site& site, const std::error_code& error);
  Created place(const std::string& init, std::error_code& error);
  bool discard(const std::string& directory);
  void empty(const std::string& directory);
  void collect_leftovers(const std::string& parent);
  bool is_leftover(const std::string& path, bool directory, os::ServerTime now);
  std::string private_name(const char* kind);

  Register& register_;
};

}  // namespace holdfast
