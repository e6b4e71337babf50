// The system's calls that say where threads run; where it has none, threads run where it puts them.
#include "cpus.hpp"

namespace klayer {

#if defined(__GLIBC__)

int this_cpu() { return sched_getcpu(); }

void leave(int cpu) {
    cpu_set_t allowed;
    if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    cpu_set_t others = allowed;
    CPU_CLR(cpu, &others);
    if (CPU_COUNT(&others) > 0 && sched_setaffinity(0, sizeof others, &others) == 0)
        sched_setaffinity(0, sizeof allowed, &allowed);
}

Seats::Seats()
    : known_(sched_getaffinity(0, sizeof allowed_, &allowed_) == 0), cpu_(sched_getcpu()) {
    pthread_attr_init(&attributes_);
    known_ = known_ && cpu_ >= 0 && CPU_COUNT(&allowed_) > 0;
}

const pthread_attr_t* Seats::next() {
    if (!known_) return &attributes_;
    do cpu_ = (cpu_ + 1) % CPU_SETSIZE;
    while (!CPU_ISSET(cpu_, &allowed_));
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu_, &one);
    pthread_attr_setaffinity_np(&attributes_, sizeof one, &one);
    return &attributes_;
}

void Seats::rise() const {
    if (known_) pthread_setaffinity_np(pthread_self(), sizeof allowed_, &allowed_);
}

#else

int this_cpu() { return -1; }
void leave(int) {}
Seats::Seats() { pthread_attr_init(&attributes_); }
const pthread_attr_t* Seats::next() { return &attributes_; }
void Seats::rise() const {}

#endif

Seats::~Seats() { pthread_attr_destroy(&attributes_); }

} // namespace klayer
