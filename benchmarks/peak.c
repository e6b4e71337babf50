/* The float32 FMA peak: independent chains of fused multiply-adds in registers, one thread per CPU.

   peak THREADS SECONDS   prints GFLOP/s and the CPU seconds that it took.

   Where the system allows, each thread stays on a CPU of its own: a short measurement would be over
   before the system has spread them. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__AVX512F__)
enum { WIDTH = 16, CHAINS = 20 };
#elif defined(__AVX__)
enum { WIDTH = 8, CHAINS = 12 };
#else
enum { WIDTH = 4, CHAINS = 12 };
#endif
typedef float vector __attribute__((vector_size(WIDTH * sizeof(float))));
enum { TURNS = 20000 };

static double seconds_now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

static double until;

static void *work(void *result) {
  volatile float factor = 0.999f, term = 0.001f; /* volatile: not to be computed beforehand */
  vector chain[CHAINS], scale = {0}, shift = {0};
  scale += factor;
  shift += term;
#pragma GCC unroll 20
  for (int i = 0; i < CHAINS; i++) chain[i] = scale * (float)i;
  double flops = 0, began = seconds_now(CLOCK_MONOTONIC), now = began;
  while (now < until) {
    for (int turn = 0; turn < TURNS; turn++) {
#pragma GCC unroll 20
      for (int i = 0; i < CHAINS; i++) chain[i] = chain[i] * scale + shift;
      __asm__ volatile("" ::: "memory");
    }
    flops += 2.0 * WIDTH * CHAINS * TURNS;
    now = seconds_now(CLOCK_MONOTONIC);
  }
  vector sum = chain[0];
#pragma GCC unroll 20
  for (int i = 1; i < CHAINS; i++) sum += chain[i];
  volatile float sink = 0;
  for (int i = 0; i < WIDTH; i++) sink += sum[i];
  *(double *)result = flops / (now - began);
  return NULL;
}

static void keep_on_a_cpu_of_its_own(pthread_t thread, int index) {
#if defined(__linux__)
  cpu_set_t allowed, one;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  for (int cpu = 0, seen = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &allowed) && seen++ == index % CPU_COUNT(&allowed)) {
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
      pthread_setaffinity_np(thread, sizeof one, &one);
    }
#endif
}

int main(int count, char **arguments) {
  int threads = count > 1 ? atoi(arguments[1]) : 1;
  pthread_t team[threads];
  double rates[threads], total = 0;
  until = seconds_now(CLOCK_MONOTONIC) + (count > 2 ? atof(arguments[2]) : 0.2);
  for (int i = 0; i < threads; i++) {
    pthread_create(&team[i], NULL, work, &rates[i]);
    keep_on_a_cpu_of_its_own(team[i], i);
  }
  for (int i = 0; i < threads; i++) {
    pthread_join(team[i], NULL);
    total += rates[i];
  }
  printf("%.1f %.4f\n", total / 1e9, seconds_now(CLOCK_PROCESS_CPUTIME_ID));
}
