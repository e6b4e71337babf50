"""The whole job as other libraries do it: from process start to results, evaluations included."""
