// A training, shared out: every thread takes networks of its own, in groups whose weights stay in
// its second-level cache from update to update; fewer networks than threads are trained by all
// threads together.
#pragma once

#include "trainer.hpp"

namespace klayer::KLAYER_ISA {

template <class T, class From> class Roster {
  public:
    Roster(const Training& job, const From& source, Memory& memory)
        : course_(job, source, memory), chosen_(job.stack, !job.forward_only, memory),
          pace_(job.threads, chosen_.count * (course_.first() + course_.above())) {
        const Index networks = chosen_.count, sharing = enough(networks);
        threads_ = static_cast<int>(smaller(job.threads, larger(larger(1, networks), sharing)));
        const Index rest = networks % threads_;
        const bool joins = rest > 0 && enough(rest) >= threads_;
        alone_ = joins ? networks - rest : networks;
        const Index bytes = (course_.weights_of(1) + course_.weights_above()) *
                            static_cast<Index>(sizeof(T));
        most_ = smaller(larger(1, GROUP_BYTES / bytes), parts_of(alone_, threads_));
        desks_ = take<Group>(memory, threads_);
        for (int i = 0; i < threads_ && most_ > 0; ++i) desks_[i] = group(most_, 1, memory);
        if (!joins) return;
        together_ = take<Group>(memory, 1);
        *together_ = group(rest, threads_, memory);
    }

    void run() {
        run_team(threads_,
                 [](void* self, const Crew& team) { static_cast<Roster*>(self)->member(team); },
                 this);
    }

  private:
    // Networks that are trained side by side, and the room for it.
    struct Group {
        Parameters<T> stack;
        Trainer<T, From> trainer;
    };

    // Threads that are worth starting, and waiting for, to train so many networks together.
    Index enough(Index networks) const {
        if (shares_all()) return course_.job.threads;
        const Index products = networks * (course_.first() + course_.above());
        return smaller(products / ENOUGH_PRODUCTS, products * course_.job.steps / ENOUGH_IN_A_CALL);
    }

    Group group(Index networks, int threads, Memory& memory) {
        const Parameters<T> stack(course_.job.stack, networks, course_.job.update.slots, memory);
        return {stack, Trainer<T, From>(course_, stack, threads, memory)};
    }

    void member(const Crew& team) {
        const Range mine = team.share(alone_);
        const Index groups = most_ > 0 ? parts_of(mine.end - mine.begin, most_) : 0;
        for (Index g = 0; g < groups; ++g) {
            const Index begin = mine.begin + most_ * g;
            train(desks_[team.index], begin, smaller(most_, mine.end - begin), {0, 1, nullptr});
        }
        if (together_ != nullptr) train(*together_, alone_, chosen_.count - alone_, team);
    }

    void train(Group& group, Index begin, Index count, const Crew& crew) {
        if (crew.index == 0) group.stack.take_up(chosen_.positions + begin, count);
        group.trainer.train(group.stack, crew, pace_); // where all wait for the first
        if (crew.index == 0) group.stack.write_back();
    }

    const Course<T, From> course_;
    const Chosen chosen_;
    int threads_;
    Index alone_, most_; // networks trained by one thread alone; so many of them side by side
    Group *desks_, *together_ = nullptr;
    Pace pace_; // of those who train together
};

template <class T> void train(const Training& job) {
    Memory memory;
    with_source<T>(job.samples, job.stack.widths[0], memory, [&](const auto& source) {
        Roster<T, std::decay_t<decltype(source)>>(job, source, memory).run();
    });
}

} // namespace klayer::KLAYER_ISA
