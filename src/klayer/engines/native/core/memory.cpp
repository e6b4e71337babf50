// A list of aligned blocks, each led by the address of the one before.
#include "memory.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace klayer {

namespace {
constexpr std::size_t LARGE_PAGE = std::size_t{1} << 21, LARGE = 2 * LARGE_PAGE;
}

struct alignas(64) Memory::Block {
    Block* before;
};

Memory::~Memory() {
    while (last_ != nullptr) {
        Block* before = last_->before;
        std::free(last_);
        last_ = before;
    }
}

void* Memory::take(Index bytes) {
    std::size_t size = sizeof(Block) + (static_cast<std::size_t>(bytes) + 63) / 64 * 64;
    const std::size_t alignment = size >= LARGE ? LARGE_PAGE : alignof(Block);
    size = (size + alignment - 1) / alignment * alignment;
    void* address = std::aligned_alloc(alignment, size);
    if (address == nullptr) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE // a block of many pages is mapped in much less time by large ones
    if (size >= LARGE) madvise(address, size, MADV_HUGEPAGE);
#endif
    std::memset(address, 0, size);
    last_ = new (address) Block{last_};
    return last_ + 1;
}

} // namespace klayer
