"""Trains and measures what a study has no results of yet, each run in processes of its own."""

import contextlib
import errno
import json
import os
import shutil
import signal
import sys
import time

from zoo import atomic, machine, shares
from zoo.evaluation import features
from zoo.studies import jobs, keeping, measuring
from zoo.studies.place import StudyError
from zoo.studies.processes import Process
from zoo.studies.results import Results
from zoo.training.workdir import Workdir, write_json

FULL = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EROFS))
POLL_SECONDS = 0.1


def work(study, found, place, commands, share=(1, 1), processes=1, keep="all", only_nets=False):
    """Does what is left to do of a study.

    Args:
      study, found: a Study and its jobs.
      place: a Place.
      commands: an object with `train(config_file, workdir)`, `measure(folder)` and `net(net, folder)`, which return the
        command of a process each.
      share: (i, n), of the jobs.
      processes: how many at once.
      keep: of keeping.KEEP, what is left of a run once it is measured.
      only_nets: trains the nets of the study and no run.

    Returns:
      {name of a job that failed: why}.

    Raises:
      StudyError, ResultsError, WorkdirError: one line each; all but that of a full disk before the first run.
      SystemExit: after SIGTERM or SIGINT, with 128 + its number; what runs has saved itself.
    """
    if processes > machine.cores():
        raise StudyError(f"--processes: at most one for each of the {machine.cores()} cores, found {processes}")
    place.make()
    with place.locked(f"{share[0]}-of-{share[1]}"):
        results = Results(place.output, share)
        for remark in results.remarks:
            print(remark, file=sys.stderr)
        results.check(study, found)
        mine = found if only_nets else _pending(shares.taken(found, share), results, place, keep)
        for job in mine:
            if not job.run.floor:
                Workdir(place.run(job) / "train").check(job.config)
        with Runner(study, place, results, commands, processes, keep) as runner:
            wanted = {key: net for job in mine for key, net in jobs.nets_of(study, job.questions).items()}
            nets = runner.nets(wanted)
            return {} if only_nets else runner.run(mine, nets)


def _pending(found, results, place, keep):
    """The jobs that something is left to do of that can be done; what need not be kept of the others is removed."""
    pending = []
    for job in found:
        missing = results.missing(job)
        there = job.run.floor or (place.run(job) / "train" / "checkpoints").is_dir()
        if missing is None or (missing and there):
            pending.append(job)
        elif missing:
            say(f"{job.name} lacks {', '.join(missing)}, and its run is gone: remove its line to train it again")
        else:
            keeping.discard(place.run(job), keep)  # a kill may have come between its line and this
    return pending


def say(text):
    """A line on standard output, at once."""
    print(text, flush=True)


class Running:
    """One job on its way: its folder, and the process that is now at work.

    Attributes:
      failure: why it ended badly, once it has; "" before, and if it ended well.
    """

    def __init__(self, job, folder, stages, threads=None):
        """
        Args:
          job: a Job.
          folder: of the run.
          stages: [(name, command)], one after the other.
          threads: of each process; None for as many as there are cores.
        """
        self.job, self.folder, self.threads = job, folder, threads
        self.stages, self.process, self.failure = list(stages), None, ""

    def ended(self):
        """Whether the last stage has ended, or one of them badly; starts the next."""
        if self.process is not None and not self.process.ended():
            return False
        if self.process is not None:
            self.failure = self.process.failure()
        if self.failure or not self.stages:
            return True
        self.process = Process(self.stages[0][1], self.folder, self.stages.pop(0)[0], self.threads)
        return False

    def stop(self):
        """Has it save itself, and end; does not wait for that."""
        self.stages = []
        if self.process is not None:
            self.process.send(signal.SIGTERM)

    def wait(self):
        """Waits until it has ended."""
        if self.process is not None:
            self.process.wait()


class Runner:
    """Runs jobs; a context, which ends what it has started."""

    def __init__(self, study, place, results, commands, processes, keep):
        """See `work`; the place is made, results is a Results."""
        self.study, self.place, self.results, self.commands = study, place, results, commands
        self.processes, self.keep = processes, keep
        self.active, self.caught, self.handlers = [], [], {}

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.handlers[number] = signal.signal(number, lambda number, _: self.caught.append(number))
        return self

    def __exit__(self, *error):
        for running in self.active:
            running.stop()
        for running in self.active:
            # On a full disk a clock is lost: neither the others nor the error that ends the study may be.
            with contextlib.suppress(OSError):
                running.wait()
        for number, handler in self.handlers.items():
            signal.signal(number, handler)

    def nets(self, wanted):
        """Trains those that are not there; {key: what a line of the results says of it}.

        Args:
          wanted: {key: Net}.

        Raises:
          StudyError: if one cannot be trained, was trained otherwise, or is not the one that results were measured with.
        """
        found = {}
        for key, net in wanted.items():
            folder = self.place.net(key)
            with self.place.locked("nets", wait=self._pause):
                self._settle(key, net, folder)
            found[key] = vars(net) | {"hash": features.hash_of(folder)}
            for line in self.results.lines.values():
                if line["nets"].get(key, found[key])["hash"] != found[key]["hash"]:
                    raise StudyError(
                        f"net {key} is not the one that {line['run']}, seed {line['seed']} was measured with: bring back "
                        f"that one's {folder}, or remove the results to measure anew"
                    )
        return found

    def _settle(self, key, net, folder):
        """Trains a net that is not there; refuses one that is there and was trained otherwise."""
        told = folder.with_name(f"{folder.name}.json")
        if not folder.is_dir():
            atomic.sweep(self.place.nets)
            write_json(told, vars(net))
            self._train_net(key, net, folder)
        elif (then := measuring.read_json(told)) != vars(net):
            raise StudyError(
                f"net {key}: {folder} was trained as {then}, and the study now has {vars(net)}; remove that folder to train "
                "it anew, or bring back what the study was"
            )

    def _train_net(self, key, net, folder):
        training = Running(None, self.place.runs, [(f"net_{folder.name}", self.commands.net(net, folder))])
        self.active.append(training)
        self._first_ended()
        if training.failure:
            raise StudyError(f"net {key}: {training.failure}")
        say(f"net {key}: trained, {_time(training.process.seconds)}")

    def run(self, pending, nets):
        """Runs jobs, as many at once as there may be; a line for each that ends.

        Args:
          pending: jobs.
          nets: what `nets` returns.

        Returns:
          {name of a job that failed: why}.
        """
        waiting, done, failed = list(pending), 0, {}
        while waiting or self.active:
            while waiting and len(self.active) < self.processes:
                self.active.append(self._start(waiting.pop(0), nets))
            running = self._first_ended()
            word = self._end(running, nets)
            if running.failure:
                failed[running.job.name] = running.failure
            done += 1
            left = self._left([*waiting, *(other.job for other in self.active)])
            say(f"[{done}/{len(pending)}] {running.job.name}: {word}; {left}")
        return failed

    def _left(self, jobs_left):
        """What is said of the time that jobs will take: as long as other seeds of their runs, or else as the mean run."""
        took = {}
        for line in self.results.lines.values():
            if line["parameters"]:  # no floor
                took.setdefault(line["run"], []).append(line["training_seconds"] + line["evaluation_seconds"])
        means = {run: sum(seconds) / len(seconds) for run, seconds in took.items()}
        trained = [job for job in jobs_left if not job.run.floor]
        if trained and not means:
            return f"{len(jobs_left)} to do"
        mean = sum(means.values()) / max(1, len(means))
        seconds = sum(means.get(job.run.name, mean) for job in trained)
        return f"{_time(seconds / min(self.processes, max(1, len(jobs_left))))} left"

    def _first_ended(self):
        """The first of those at work that has ended, which is no longer one of them."""
        while True:
            for running in self.active:
                if running.ended():
                    self.active.remove(running)
                    return running
            self._pause()

    def _pause(self):
        if self.caught:
            say("stopped; the same command goes on")
            sys.exit(128 + self.caught[0])
        time.sleep(POLL_SECONDS)

    def _start(self, job, nets):
        folder = self.place.run(job)
        workdir = Workdir(folder / "train")
        if workdir.finished(job.config) and not workdir.has_checkpoint():
            shutil.rmtree(folder)  # --keep=model took its weights, and its line was removed since
        folder.mkdir(exist_ok=True)
        atomic.sweep(folder)
        measures = {key: self._question(asked, nets) for key, asked in job.questions.items()}
        experiment = json.loads(job.config.to_json())
        write_json(folder / "questions.json", {"experiment": experiment, "floor": job.run.floor, "measures": measures})
        stages = [("measure", self.commands.measure(folder))]
        if not job.run.floor and not workdir.finished(job.config):
            atomic.write(folder / "config.py", keeping.config_text(job))
            if not (folder / "commit.json").is_file():
                write_json(folder / "commit.json", machine.commit())
            stages.insert(0, ("train", self.commands.train(folder / "config.py", workdir.path)))
        threads = machine.cores() // self.processes if self.processes > 1 else None
        return Running(job, folder, stages, threads)

    def _question(self, asked, nets):
        """As it is asked of a process: a net by its folder, with the hash of it, since the folder may get another."""
        net = nets.get(asked["options"].get("features"))
        return asked | {"options": self.place.features(self.study, asked["options"]), "net": net and net["hash"]}

    def _end(self, running, nets):
        """What is said of a job that has ended; its results are kept."""
        job = running.job
        if running.failure:
            if any(word in running.failure for word in FULL):
                raise StudyError(f"{job.name}: {running.failure}; nothing is lost, the same command goes on")
            return f"FAILED: {running.failure} ({running.process.log})"
        line = keeping.result(job, running.folder, nets, self.study)
        keeping.keep_pictures(running.folder / "train" / "pictures", self.place.pictures, job)
        self.results.add(line)
        keeping.discard(running.folder, self.keep)
        lacking = [f"{key}/{name}" for key, found in line["measures"].items() for name in found["failed"]]
        return f"trained {_time(line['training_seconds'])}, measured {_time(line['evaluation_seconds'])}" + (
            f"; went wrong: {', '.join(lacking[:3])}{' ...' if lacking[3:] else ''}" if lacking else ""
        )


def _time(seconds):
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
