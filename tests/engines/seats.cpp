// Prints, for as many threads as there are allowed CPUs: the CPU on which each began, on how many it
// was to begin, and on how many it may run then.
#include <cstdio>

#include "cpus.hpp"

namespace {

int cpu, then;

void* begin(void* seats) {
    cpu = sched_getcpu();
    static_cast<klayer::Seats*>(seats)->rise();
    cpu_set_t mine;
    sched_getaffinity(0, sizeof mine, &mine);
    then = CPU_COUNT(&mine);
    return nullptr;
}

} // namespace

int main() {
    cpu_set_t allowed, seat;
    sched_getaffinity(0, sizeof allowed, &allowed);
    klayer::Seats seats;
    for (int i = 0; i < CPU_COUNT(&allowed); ++i) {
        const pthread_attr_t* attributes = seats.next();
        pthread_t thread;
        if (pthread_attr_getaffinity_np(attributes, sizeof seat, &seat) != 0 ||
            pthread_create(&thread, attributes, begin, &seats) != 0)
            return 1;
        pthread_join(thread, nullptr);
        std::printf("%d %d %d\n", cpu, CPU_COUNT(&seat), then);
    }
}
