// A list of aligned blocks, each led by the address of the one before.
#include "memory.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

namespace klayer {

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
    const std::size_t size = sizeof(Block) + (static_cast<std::size_t>(bytes) + 63) / 64 * 64;
    void* address = std::aligned_alloc(alignof(Block), size);
    if (address == nullptr) throw std::bad_alloc();
    std::memset(address, 0, size);
    last_ = new (address) Block{last_};
    return last_ + 1;
}

} // namespace klayer
