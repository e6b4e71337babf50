// Memory for the length of one call, zeroed, every block on a cache line of its own.
#pragma once

#include "job.hpp"

namespace klayer {

class Memory {
  public:
    Memory() = default;
    ~Memory();
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    void* take(Index bytes); // throws std::bad_alloc

  private:
    struct Block;
    Block* last_ = nullptr;
};

} // namespace klayer
