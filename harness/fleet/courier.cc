#include "harness/fleet/courier.h"

#include <algorithm>
#include <utility>

namespace holdfast::harness {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{200};
constexpr std::uint64_t kWindow = std::uint64_t{8} << 20;

}  // namespace

Courier::Courier(boost::asio::io_context& context, std::vector<std::string> folders,
                 Listener listener)
    : timer_(context), packer_(std::move(folders)), listener_(std::move(listener)) {
  look_again();
}

void Courier::look_again() {
  timer_.expires_after(kBetweenLooks);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    send_what_is_new();
    if (!done_) look_again();
  });
}

void Courier::send_what_is_new() {
  while (under_way_ < kWindow) {
    const auto parcel = packer_.next();
    if (!parcel) return listener_.trouble(parcel.error());
    if (!*parcel) {
      if (done_) std::exchange(done_, {})();
      return;
    }
    under_way_ += (*parcel)->bytes;
    listener_.send(**parcel);
  }
}

void Courier::kept(std::uint64_t bytes) {
  under_way_ -= std::min(bytes, under_way_);
  if (done_) send_what_is_new();
}

void Courier::finish(std::function<void()> done) {
  timer_.cancel();
  done_ = std::move(done);
  send_what_is_new();
}

}  // namespace holdfast::harness
