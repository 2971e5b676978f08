#include "harness/sim/fiber.h"

#include <cstdlib>
#include <memory>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define HOLDFAST_FIBER_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define HOLDFAST_FIBER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HOLDFAST_FIBER_ASAN 1
#elif __has_feature(thread_sanitizer)
#define HOLDFAST_FIBER_TSAN 1
#endif
#endif

#ifdef HOLDFAST_FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef HOLDFAST_FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace holdfast::harness::sim {
namespace {

#ifdef HOLDFAST_FIBER_ASAN
void leaving(void** fake, const void* bottom, std::size_t bytes) {
  __sanitizer_start_switch_fiber(fake, bottom, bytes);
}
void arrived(void* fake, const void** bottom, std::size_t* bytes) {
  __sanitizer_finish_switch_fiber(fake, bottom, bytes);
}
#else
void leaving(void**, const void*, std::size_t) {}
void arrived(void*, const void**, std::size_t*) {}
#endif

#ifdef HOLDFAST_FIBER_TSAN
void* new_flow() { return __tsan_create_fiber(0); }
void* this_flow() { return __tsan_get_current_fiber(); }
void drop(void* flow) { __tsan_destroy_fiber(flow); }
void going_to(void* flow) { __tsan_switch_to_fiber(flow, 0); }
#else
void* new_flow() { return nullptr; }
void* this_flow() { return nullptr; }
void drop(void*) {}
void going_to(void*) {}
#endif

}  // namespace

Fiber::Fiber(std::size_t stack_bytes) : allocator_(stack_bytes), stack_(allocator_.allocate()) {
  inside_flow_ = new_flow();
  const boost::context::preallocated memory(stack_.sp, stack_.size, stack_);
  inside_ = boost::context::fiber(std::allocator_arg, memory, allocator_,
                                  [this](boost::context::fiber&& outside) {
                                    outside_ = std::move(outside);
                                    live();
                                    return std::move(outside_);
                                  });
}

Fiber::~Fiber() {
  if (body_) std::abort();  // its stack is full of objects that nobody would destroy
  closing_ = true;
  resume();
  drop(inside_flow_);
}

void Fiber::start(std::function<void()> body) {
  if (body_) std::abort();
  body_ = std::move(body);
}

void Fiber::resume() {
  void* fake = nullptr;
  const char* const top = static_cast<const char*>(stack_.sp);
  leaving(&fake, top - stack_.size, stack_.size);
  // Both switches are told from here, so that what is called on one flow is also left on it: a body
  // that ends leaves functions after its last word.
  void* const outside_flow = this_flow();
  going_to(inside_flow_);
  inside_ = std::move(inside_).resume();
  going_to(outside_flow);
  arrived(fake, nullptr, nullptr);
}

void Fiber::suspend() {
  leaving(&inside_fake_, outside_bottom_, outside_bytes_);
  outside_ = std::move(outside_).resume();
  arrived(inside_fake_, &outside_bottom_, &outside_bytes_);
}

void Fiber::live() {
  arrived(nullptr, &outside_bottom_, &outside_bytes_);
  while (!closing_) {
    body_();
    body_ = nullptr;
    suspend();
  }
  leaving(nullptr, outside_bottom_, outside_bytes_);
}

}  // namespace holdfast::harness::sim
