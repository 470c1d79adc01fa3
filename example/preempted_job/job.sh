#!/bin/bash
# A job for Slurm that survives the end of its time and being preempted. Change the first lines to what your cluster has.
#SBATCH --job-name=preempted-demo
#SBATCH --time=04:00:00
#SBATCH --cpus-per-task=1
#
# USR1 comes 120 seconds before the time is over. "B:" sends it to this script alone, which hands it on: so it comes
# once, and only to the training, not to every program in the job.
#SBATCH --signal=B:USR1@120
#
# The job may be started again under the same number, by Slurm after a preemption, and by us below.
#SBATCH --requeue
#SBATCH --open-mode=append

cd "${SLURM_SUBMIT_DIR:-.}" || exit 1

python example/preempted_job/main.py "$@" &
training=$!
trap 'kill -USR1 "$training"' USR1
trap 'kill -TERM "$training"' TERM

# `wait` returns when a signal comes, too; so wait until the training has really ended.
while true; do
    wait "$training"
    code=$?
    kill -0 "$training" 2>/dev/null || break
done

# 75: the training was preempted and has saved its state. Everything else is an end, good or bad.
if [ "$code" -eq 75 ] && [ -n "$SLURM_JOB_ID" ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
