"""Load the policy of a run, evaluate it on fresh episodes, and film them.

    python example/evaluate_with_video/train.py                        # a run with a policy
    python example/evaluate_with_video/main.py                         # the last policy of the last run
    python example/evaluate_with_video/main.py --run seed=0 --step 0   # how it was before it learned

The evaluation is an experiment of its own, which says whose policy it evaluates; the run itself is only read. Videos
are MP4 files with the extra ``video``, and GIFs without it.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from reach import Reach, mean_return

from rla import ARCHIVE, exp_manager, logger, query, single_experiment_query, time_step_holder
from rla.adapt.gymnasium import record_video

HERE = Path(__file__).resolve().parent
DATA_ROOT = Path(os.environ.get("RLA_ROOT", HERE))


def main() -> None:
    """Find the run, load its policy, and play."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", help="any part of the name of a run; the last one by default")
    parser.add_argument("--step", type=int, help="the checkpoint of this time step; the last one by default")
    parser.add_argument("--episodes", type=int, default=3)
    settings = parser.parse_args()

    name = settings.run or query.experiments(DATA_ROOT, "reach")[-1].record_date
    run = single_experiment_query(DATA_ROOT, "reach", name, ARCHIVE)
    step, policy = run.exp_manager.load_checkpoint(settings.step, "policy")

    exp_manager.set_hyper_param(policy_of=name, step=step, episodes=settings.episodes)
    exp_manager.add_record_param(["policy_of", "step"])
    exp_manager.configure("reach_evaluation", rla_config=HERE / "rla_config.yaml", data_root=DATA_ROOT)
    exp_manager.log_files_gen()
    time_step_holder.set_time(step)  # so files are named by the age of the policy

    env = record_video(Reach(render_mode="rgb_array"), "reach", every_episodes=1)
    score = mean_return(env, policy["weights"], range(1_000, 1_000 + settings.episodes))
    env.close()
    logger.record_tabular("evaluation/return", score)
    logger.dump_tabular()
    print(f"The policy of step {step} of {name} has a return of {score:.1f}; videos: {exp_manager.results_dir}videos")
    exp_manager.finish()


if __name__ == "__main__":
    main()
