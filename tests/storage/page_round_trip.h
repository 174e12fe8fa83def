// Packs images into pages and expects every one back from the place that pack_pages named for it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "storage/segment/page.h"

namespace terrace::storage {

inline void expect_round_trip(const std::vector<std::string>& images, const PackOptions& options = {}) {
  const std::vector<std::string_view> views(images.begin(), images.end());
  PackedPages pages = pack_pages(views, options);
  ASSERT_EQ(pages.places.size(), images.size());
  for (const PackedRun& run : pages.runs) {
    stamp_pages(pages.bytes.span().subspan(std::size_t{run.first_page} * kPageSize), 77, run.first_page + 5);
  }
  std::vector<bool> seen(images.size());
  for (const PackedPlace& place : pages.places) {
    ASSERT_FALSE(seen.at(place.image));
    seen[place.image] = true;
    const std::string& image = images[place.image];
    const auto bytes = std::span<const std::byte>(pages.bytes.span()).subspan(std::size_t{place.page} * kPageSize);
    const Result<PageView> view = check_page(bytes, 77, place.page + 5);
    ASSERT_TRUE(view.ok()) << view.error().message;
    ASSERT_EQ(view->large, place.slot >= kFirstLargeSlot);
    const Result<UnpackedPage> unpacked = unpack_page(bytes, *view, options.dictionary);
    ASSERT_TRUE(unpacked.ok()) << unpacked.error().message;
    if (view->large) {
      ASSERT_EQ(unpacked->bytes, image);
      continue;
    }
    std::vector<std::string_view> split;
    ASSERT_TRUE(split_images(unpacked->bytes, view->record_count, [&split](std::uint32_t slot, std::string_view found) {
                  EXPECT_EQ(slot, split.size());
                  split.push_back(found);
                }).ok());
    ASSERT_EQ(split.size(), view->record_count);
    ASSERT_LT(place.slot, split.size());
    ASSERT_EQ(split[place.slot], image);
  }
}

}  // namespace terrace::storage
