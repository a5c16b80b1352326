// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/runtime_features.h"

#include <algorithm>

namespace redoubt::cas {

const policy::Image* image_of(const policy::Session& session, const policy::Service& service) {
  if (service.image_name.empty()) return nullptr;
  const auto found = std::ranges::find(session.images, service.image_name, &policy::Image::name);
  return found == session.images.end() ? nullptr : &*found;
}

std::vector<std::string_view> required_features(const policy::Session& session, const policy::Service& service) {
  std::vector<std::string_view> features;
  const policy::Image* image = image_of(session, service);
  if (service.memory_sealed) features.emplace_back("memory.sealed");
  if (service.network) features.emplace_back("network");
  if (service.stdio == policy::Stdio::kVolume) features.emplace_back("stdio.volume");
  if (image != nullptr && !image->volumes.empty()) features.emplace_back("volumes");
  if (service.code && !service.code->volume.empty()) features.emplace_back("volumes.code");
  if (service.root_volume) features.emplace_back("volumes.root");
  return features;
}

}  // namespace redoubt::cas
