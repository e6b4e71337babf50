// The yardstick: how fast this machine does nothing but fused multiply-adds of float32.
#pragma once

#include <time.h>

#include "team.hpp"
#include "vector.hpp"

namespace klayer::KLAYER_ISA {

inline double now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// FLOP per second over `seconds`, on so many threads.
inline double fma_peak(double seconds, int threads) {
    constexpr int SUMS = 12, ROUNDS = 2000;
    struct Meter {
        double seconds, rates[256];
    } meter = {seconds, {}};
    run_team(
        threads,
        [](void* context, const Crew& team) {
            Meter& own = *static_cast<Meter*>(context);
            Vec<float> sums[SUMS] = {}, x = splat(0.5f);
            asm volatile("" : "+m"(x));
            double flops = 0;
            team.wait();
            const double start = now();
            do {
                for (int round = 0; round < ROUNDS; ++round)
#pragma GCC unroll 16
                    for (int i = 0; i < SUMS; ++i) sums[i] = sums[i] * x + x;
                flops += 2.0 * ROUNDS * SUMS * LANES<float>;
            } while (now() - start < own.seconds);
            own.rates[team.index] = flops / (now() - start);
            asm volatile("" : : "m"(sums));
        },
        &meter);
    double total = 0;
    for (double rate : meter.rates) total += rate;
    return total;
}

} // namespace klayer::KLAYER_ISA
