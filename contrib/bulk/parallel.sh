#!/bin/sh
# Checks the targets of a list in shards, of which GNU parallel runs several side by side,
# and puts the results of each into a file of its own. Usage: parallel.sh LIST FOLDER [SHARDS]
#
# A shard that was killed, or that found targets that are not OK, is started again: it goes
# on where it ended, and once nothing is left its exit code is 0. To run the shards on other
# machines, which need the list and a folder of the same names, add --sshlogin.
set -eu
list=$1 folder=$2 shards=${3:-16}
mkdir -p "$folder"
export list folder shards
seq "$shards" | parallel --jobs 4 --retries 5 --joblog "$folder/joblog" '
	mailprobe smtp -o jsonl --shard {}/"$shards" --resume "$folder"/{}.jsonl - <"$list" >>"$folder"/{}.jsonl'
