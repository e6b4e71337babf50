// Many updates of some networks by one or more threads: each is three phases with a barrier after
// each: the first layer's products (of few features, part of the next), the layers above forward and
// backward, the first layer's update; and two more where gradients are clipped: their norms, and the
// update of every layer.
#pragma once

#include "clipping.hpp"
#include "course.hpp"
#include "first_layer.hpp"
#include "pace.hpp"
#include "step.hpp"

namespace klayer::KLAYER_ISA {

// Room to train as many networks side by side as `like` has, by so many threads.
template <class T, class From> class Trainer {
    using Raw = typename From::Raw;

  public:
    Trainer(const Course<T, From>& course, const Parameters<T>& like, int threads, Memory& memory)
        : course_(&course), ld_(stride_of(course.longest)),
          solo_(threads == 1 || course.above() < ENOUGH_PRODUCTS),
          made_(course.makes_rows()
                    ? take<Raw>(memory, course.source.inputs * course.longest) : nullptr),
          first_(made_ == nullptr ? course.source : course.source.of(made_), like.rows,
                 course.longest, ld_, threads, !course.job.forward_only, memory),
          dS1_(take<T>(memory, like.rows * ld_)), desks_(take<Desk>(memory, threads)),
          traces_(take<Trace<T>>(memory, solo_ ? threads : like.networks)) {
        if (made_ != nullptr) places_ = take_places(course.longest, memory);
        if (course.clips) squares_ = take<double>(memory, like.networks * units_of(like));
        for (int i = 0; i < threads; ++i)
            desks_[i] = {course.spectrum.take_room(memory),
                         take<std::uint8_t>(memory, course.spectrum.pixels()),
                         take<Remembering<T>>(memory, like.networks)};
        for (Index i = 0; i < (solo_ ? threads : like.networks); ++i)
            traces_[i] = Trace<T>(like, ld_, memory);
    }

    // All updates, by all threads or, while that is faster, by fewer.
    void train(const Parameters<T>& stack, const Crew& team, Pace& pace) {
        const Index steps = course_->job.steps;
        if (team.size == 1) return train(stack, team, 0, steps);
        for (unsigned seen = 0;;) {
            const Crew crew =
                team.index == 0 ? pace.lead(team.size, steps) : pace.follow(team.index, seen);
            if (crew.size == 0) return;
            if (crew.index >= crew.size) continue;
            const Range updates = pace.updates();
            train(stack, crew, updates.begin, updates.end);
            crew.wait();
        }
    }

  private:
    void train(const Parameters<T>& stack, const Crew& team, Index begin, Index end) {
        if (course_->plain())
            train<GradientDescent<T>>(stack, team, begin, end);
        else
            train<Remembering<T>>(stack, team, begin, end);
    }

    template <class Rule>
    void train(const Parameters<T>& stack, const Crew& team, Index begin, Index end) {
        const Training& job = course_->job;
        const bool owns_columns =
            first_.owns_columns(team) && !course_->makes_rows() && !course_->clips;
        Rule* const rules = static_cast<Rule*>(desks_[team.index].rules);
        for (Index t = begin; t < end; ++t) {
            Batch<T> batch = batch_at(t);
            if (course_->makes_rows()) {
                make_rows(team, t);
                team.wait();
            }
            for (Index network = 0; network < stack.networks && !job.forward_only; ++network)
                rules[network] = rule<Rule>(stack, network, t);
            first_.read(stack, team, batch);
            pass(stack, team, batch, t, rules);
            if (job.forward_only) return;
            first_.descend(stack, team, batch, rules);
            if (course_->clips && job.update.kind == Update::sgd)
                clip<GradientDescent<T>>(stack, team, t);
            else if (course_->clips)
                clip<Remembering<T>>(stack, team, t);
            if (!owns_columns) team.wait();
        }
    }

    // What one thread works with.
    struct Desk {
        T* room; // of a picture on its way to its frequencies
        std::uint8_t* moved;
        void* rules; // of each network for this update
    };
    static_assert(sizeof(GradientDescent<T>) <= sizeof(Remembering<T>)); // there is room for either

    // Numbers from one unit's samples to the next's: not a power of two, or few lines of the cache
    // would hold them all.
    static Index stride_of(Index samples) {
        const Index least = padded<T>(samples);
        return least * static_cast<Index>(sizeof(T)) % 512 == 0 ? least + LANES<T> : least;
    }

    Batch<T> batch_at(Index t) const {
        const Training& job = course_->job;
        const std::int64_t* at = job.offsets + t;
        const Index n = at[1] - at[0], next = t + 1 < job.steps ? at[2] - at[1] : 0;
        const bool made = course_->makes_rows();
        return {made ? places_ : job.order + at[0], course_->labels(t), job.first_step + t,
                n, parts_of(n, LANES<T>), made ? 0 : next, ld_, dS1_};
    }

    // Shares the pictures of a batch: each is moved, becomes its frequencies, or both.
    void make_rows(const Crew& team, Index t) {
        const Training& job = course_->job;
        const std::int64_t* rows = job.order + job.offsets[t];
        const Range mine = team.share(job.offsets[t + 1] - job.offsets[t]);
        const Desk& desk = desks_[team.index];
        const auto move = [&](Index i, auto* from, auto* to) {
            move_picture(job.extras.moves, job.first_step + t, i, from, to);
        };
        for (Index i = mine.begin; i < mine.end; ++i) {
            Raw* to = made_ + i * course_->source.inputs;
            if (course_->spectrum.size() == 0) {
                move(i, course_->source.at(rows[i], 0), to);
            } else if constexpr (std::is_same_v<Raw, T>) {
                const std::uint8_t* picture = picture_at(job.samples, rows[i]);
                if (course_->moves()) {
                    move(i, picture, desk.moved);
                    picture = desk.moved;
                }
                course_->spectrum.read(picture, desk.room, to);
            }
        }
    }

    // Takes whole networks alone, or every network together with the rest of the team.
    template <class Rule>
    void pass(const Parameters<T>& stack, const Crew& team, const Batch<T>& batch, Index t,
              const Rule* rules) {
        const Training& job = course_->job;
        const Crew alone = {0, 1, nullptr};
        const Crew& crew = solo_ ? alone : team;
        const Range mine = solo_ ? team.share(stack.networks) : Range{0, stack.networks};
        for (Index network = mine.begin; network < mine.end; ++network) {
            Pass<T> one(stack, network, batch, traces_[solo_ ? team.index : network],
                        first_.piece(team), crew);
            one.hidden(static_cast<T>(job.moving_decay), &job.extras);
            if (job.forward_only) continue;
            one.logits();
            const double loss = one.loss();
            if (crew.index == 0)
                job.losses[t * job.stack.networks + stack.positions[network]] = loss;
            one.backward(rules[network], static_cast<T>(job.extras.kept));
        }
        if (solo_) team.wait();
    }

    // Descends along the gradients that were kept, shortened.
    template <class Rule> void clip(const Parameters<T>& stack, const Crew& team, Index t) {
        const Index units = units_of(stack);
        team.wait();
        for (Index network = 0; network < stack.networks; ++network)
            measure(stack, network, team, squares_ + network * units);
        team.wait();
        for (Index network = 0; network < stack.networks; ++network)
            descend_clipped(stack, network, team, squares_ + network * units,
                            course_->job.update.clip_norm, rule<Rule>(stack, network, t, true));
    }

    // What is done with a network's gradient, or with what clipping left of it, of which λ is a part
    // already.
    template <class Rule>
    Rule rule(const Parameters<T>& stack, Index network, Index t, bool clipped = false) const {
        const Training& job = course_->job;
        const Index p = stack.positions[network];
        const T rate = static_cast<T>(job.rates[t * job.stack.networks + p]);
        const T twice_lam = clipped ? T(0) : static_cast<T>(2 * job.lam[p]);
        if constexpr (std::is_same_v<Rule, GradientDescent<T>>) {
            return {rate, twice_lam};
        } else {
            const Update& update = clipped ? job.update : course_->update;
            const Index slot = update.kind == Update::keep ? stack.slots : 1;
            return {update, job.first_step + t, rate, twice_lam, slot * stack.distance};
        }
    }

    const Course<T, From>* course_;
    Index ld_;
    bool solo_; // threads take whole networks through the layers above the first: waiting costs more
    Raw* made_; // rows of a batch, where they are
    FirstLayer<T, From> first_;
    T* dS1_;
    Desk* desks_;
    Trace<T>* traces_;
    std::int64_t* places_ = nullptr; // 0, 1, 2, …: the rows of what was made
    double* squares_ = nullptr; // of the units' gradients, (networks, units), where they are clipped
};

} // namespace klayer::KLAYER_ISA
