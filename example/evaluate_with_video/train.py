"""Learn a policy by random search, and save it: the run that main.py evaluates.

python example/evaluate_with_video/train.py
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
from reach import Reach, mean_return

from rla import exp_manager, logger, time_step_holder

HERE = Path(__file__).resolve().parent
DATA_ROOT = Path(os.environ.get("RLA_ROOT", HERE))


def main() -> None:
    """Change the weights a little, and keep what is better."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--attempts", type=int, default=200)
    settings = parser.parse_args()
    exp_manager.set_hyper_param(**vars(settings))
    exp_manager.add_record_param("seed")
    exp_manager.configure("reach", rla_config=HERE / "rla_config.yaml", data_root=DATA_ROOT)
    exp_manager.log_files_gen()
    exp_manager.new_saver(max_to_keep=None)  # they are small: all are kept

    generator, env = np.random.default_rng(settings.seed), Reach()
    best = np.zeros((2, 4))
    score = mean_return(env, best, range(5))
    exp_manager.save_checkpoint({"weights": best}, checkpoint_name="policy")
    for _ in range(settings.attempts):
        time_step_holder.inc_time()
        candidate = best + generator.normal(0, 0.3, best.shape)
        if (found := mean_return(env, candidate, range(5))) > score:
            best, score = candidate, found
            exp_manager.save_checkpoint({"weights": best}, checkpoint_name="policy")
        logger.record_tabular("return", score)
        logger.dump_tabular()
    print(f"return {score:.1f}; evaluate it: python example/evaluate_with_video/main.py")
    exp_manager.finish()


if __name__ == "__main__":
    main()
