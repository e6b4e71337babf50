// A mini-batch on its way through the stack.
#pragma once

#include "layers.hpp"

namespace klayer::KLAYER_ISA {

// Read by the first layer, and taken through those above by the networks.
template <class T> struct Batch {
    const std::int64_t* rows; // (n,) row indices, followed by those of the next batch
    Labels<T> labels;
    Index step; // updates done before
    Index n, vectors, ahead, ld;
    T* dS1;               // (networks · m_1, ld)
    T* X = nullptr;       // (m_0, ld) where features are few, this thread's own
    T* partial = nullptr; // (pairs, networks · m_1, ld), sums of the first layer where they are many
    Index pairs = 0;
};

} // namespace klayer::KLAYER_ISA
