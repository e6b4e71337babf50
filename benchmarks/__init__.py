"""Benchmarks: klayer beside its peers, each solving the same job as its documentation advises.

`python -m benchmarks` (`make bench`) runs all of them and writes docs/benchmarks.md. The parts:

    tasks, pixels     the job: data, weights, order and rates, the same for everyone
    contender, peers  one file per way of doing it; klayer's engines are in peers/klayer_engines
    worker, crew      every contender in a process of its own, in its own environment
    interleave        rounds of short slices, contender after contender; who was disturbed repeats
    peak, cores       what the machine gives: its FMA peak, and CPUs that are cores of their own
    summary           medians, spreads, ratios of medians
    updates, reference_engine, whole_job, scaling      the questions
    report            the answers, as a table and a picture
"""
