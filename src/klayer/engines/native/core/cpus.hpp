// The CPUs that a team's threads run on. A system may put a new thread, or one it wakes, on the CPU of
// the thread that did so, though others are idle (in a virtual machine an idle CPU counts as one
// that is taken away), and leave it there for many milliseconds, in which the two but take turns.
#pragma once

#include <pthread.h>

#if defined(__GLIBC__)
#include <sched.h>
#endif

namespace klayer {

// The CPU of this thread, or -1 where that cannot be told.
int this_cpu();

// Moves this thread away from a CPU, where it may run on others; from there it may go anywhere.
void leave(int cpu);

// Where new threads start: each on the CPU after the last one's, of those that its maker may use.
class Seats {
  public:
    Seats();
    ~Seats();
    Seats(const Seats&) = delete;
    const pthread_attr_t* next();
    void rise() const; // for a thread that has started on one: it may go anywhere from now on

  private:
    pthread_attr_t attributes_;
#if defined(__GLIBC__)
    bool known_;
    cpu_set_t allowed_;
    int cpu_;
#endif
};

} // namespace klayer
