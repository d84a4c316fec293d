#!/bin/bash
# The driver of a study as a job of its own: it needs one core and lives as long as the study.
# The simulations are other jobs, which it submits (`engine:` of the study). Killed or out of time,
# the same command goes on where it was.
#
#   sbatch layouts/hpc/driver.sh layouts/cspbbr3_bullseye.yaml
#
#SBATCH --job-name=cqd-driver
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=2-00:00:00
#SBATCH --output=cqd-driver-%j.log
#
# Two minutes before the end as Ctrl-C, so that its jobs are cancelled:
#SBATCH --signal=B:INT@120
#
# PBS (untested):  qsub -v STUDY=study.yaml layouts/hpc/driver.sh, with
#   #PBS -N cqd-driver
#   #PBS -l select=1:ncpus=2:mem=4gb -l walltime=48:00:00
# LSF (untested):  STUDY=study.yaml bsub < layouts/hpc/driver.sh, with
#   #BSUB -J cqd-driver
#   #BSUB -n 2 -M 4GB -W 48:00
#   #BSUB -wa INT -wt 2
set -u

# What makes `cqd` and Meep available; one of
#   source "$HOME/miniforge3/etc/profile.d/conda.sh" && conda activate cqdphotonics
#   module load python openmpi meep && source "$HOME/cqdphotonics/.venv/bin/activate"

study=${1:-${STUDY:?give the study: sbatch driver.sh study.yaml}}
cd "${SLURM_SUBMIT_DIR:-${PBS_O_WORKDIR:-${LS_SUBCWD:-$PWD}}}" || exit 1

# The batch system's variables describe this job and must not reach those that the driver submits.
for name in $(compgen -e | grep -E '^(SLURM_|SBATCH_)' | grep -vx SLURM_CONF); do
    unset "$name"
done

# `exec`, so that signals of the batch system reach the driver itself.
exec cqd codesign "$study" ${OUTPUT:+-o "$OUTPUT"} ${WORKERS:+--workers "$WORKERS"}
