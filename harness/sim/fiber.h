// A flow of control with a stack of its own: how code that blocks runs within one thread.
//
// A fiber is made once and used for many bodies, since its stack is what is dear. It runs only in
// the thread that resumes it, until it suspends itself. A body must not suspend inside of a catch
// block: which exception is being handled is the thread's, not the fiber's. The address sanitizer
// and the thread sanitizer are told of every switch.
#pragma once

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <cstddef>
#include <functional>

namespace holdfast::harness::sim {

class Fiber {
 public:
  explicit Fiber(std::size_t stack_bytes = kStackBytes);
  /// The body must have ended.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Gives it something to do, from the next resume() on. The body before must have ended, and no
  /// exception may leave this one.
  void start(std::function<void()> body);
  /// From outside: runs the body until it suspends or ends.
  void resume();
  /// From within the body: goes back to whoever resumed it.
  void suspend();
  /// Whether there is nothing to resume.
  bool ended() const { return !body_; }

  static constexpr std::size_t kStackBytes = 256 * 1024;

 private:
  void live();

  boost::context::protected_fixedsize_stack allocator_;
  boost::context::stack_context stack_;
  boost::context::fiber inside_;
  boost::context::fiber outside_;
  std::function<void()> body_;
  bool closing_ = false;
  // What the address sanitizer wants to know of the stack that was left.
  void* inside_fake_ = nullptr;
  const void* outside_bottom_ = nullptr;
  std::size_t outside_bytes_ = 0;
  void* inside_flow_ = nullptr;  // what the thread sanitizer keeps of it
};

}  // namespace holdfast::harness::sim
