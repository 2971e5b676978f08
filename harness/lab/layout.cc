#include "harness/lab/layout.h"

#include <algorithm>
#include <cctype>

namespace holdfast::harness::lab {
namespace {

constexpr std::size_t kFirstClient = 11;

Guest guest(const std::string& name, std::size_t number) {
  const std::string last = std::to_string(number);
  const std::string byte = (number < 16 ? "0" : "") + [number] {
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text;
    if (number >= 16) text += kDigits[number / 16];
    return text + kDigits[number % 16];
  }();
  return {name,         false,        "10.77.0." + last,        "10.78.0." + last,
          "nfs" + last, "ctl" + last, "52:54:00:77:00:" + byte, "52:54:00:78:00:" + byte};
}

}  // namespace

std::vector<Guest> guests_of(const LabSpec& spec) {
  std::vector<Guest> all = {guest(kServer, 1)};
  all.front().server = true;
  for (const std::string& name : spec.hosts)
    all.push_back(guest(name, kFirstClient + all.size() - 1));
  return all;
}

MountCall mount_call(const LabSpec& spec, const std::string& server_address) {
  const std::string more = spec.mount_options.empty() ? "" : "," + spec.mount_options;
  if (spec.nfs == "3") {
    return {server_address + ":/srv/disk/data", "nfs",
            "vers=3,proto=tcp,mountproto=tcp,mountport=20048,port=2049,nolock,addr=" +
                server_address + more};
  }
  return {server_address + ":/", "nfs4",
          "vers=" + spec.nfs + ",proto=tcp,addr=" + server_address + more};
}

std::vector<std::string> kernel_words(const Guest& guest, const GuestFiles& files) {
  std::vector<std::string> words = {
      "linux.uml",
      guest.server ? "mem=160M" : "mem=128M",
      "umid=" + guest.name,
      "uml_dir=" + files.folder + "/uml",
      "root=/dev/root",
      "rootfstype=hostfs",
      "rootflags=/",
      "ro",
      "vec0:transport=tap,ifname=" + guest.nfs_tap + ",mac=" + guest.nfs_mac + ",depth=128,gro=1",
      "vec1:transport=tap,ifname=" + guest.control_tap + ",mac=" + guest.control_mac +
          ",depth=128,gro=1",
      "con=null",
      "con0=null,fd:1",
      "ssl=null",
      "quiet",
      "panic=1",
      "init=" + files.program};
  if (guest.server) words.push_back("ubd0=" + files.disk);
  words.insert(words.end(), {"--", "labguest", files.config});
  return words;
}

std::string network_script(const std::vector<Guest>& guests) {
  std::string script =
      "link set lo up\n"
      "link add nfs type bridge\n"
      "link set nfs up\n"
      "link add ctl type bridge\n"
      "link set ctl up\n"
      "addr add 10.78.0.254/24 dev ctl\n";
  for (const Guest& guest : guests) {
    for (const auto& [tap, bridge] :
         {std::pair{guest.nfs_tap, "nfs"}, std::pair{guest.control_tap, "ctl"}}) {
      script += "tuntap add dev " + tap + " mode tap\n";
      script += "link set " + tap + " master " + bridge + "\n";
      script += "link set " + tap + " up\n";
    }
  }
  return script;
}

bool good_lab_name(const std::string& name) {
  return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-';
  });
}

}  // namespace holdfast::harness::lab
