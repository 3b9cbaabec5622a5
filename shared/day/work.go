package day

import (
	"context"
	"encoding/json"
	"fmt"

	"multipoint/shared/fault"
	"multipoint/shared/master"
	"multipoint/shared/rating"
)

// work is a run made ready: its pins and the engine over them. It is shared by the tasks of a run in one
// process and never changed.
type work struct {
	*Service
	pins     *Pins
	set      *master.Set
	engine   *rating.Engine
	job      *rating.Job
	attempts map[string]int // of finished steps
	attempt  int
	history  *history
}

// Step is what a task of a run is told: which run, by which attempt, and for steps that are spread, which
// part of the work.
type Step struct {
	Retailer string `json:"retailer"` // whose run; in the cloud one program serves many
	Run      int64  `json:"run"`
	Attempt  int    `json:"attempt"`
	Task     int    `json:"task"`
}

// Execution names the execution of an attempt of a run, and gives its input: a Step. The run's number, not
// its date, is in the name: a day that was voided and run anew is another run.
func (s *Service) Execution(r *Run) (name string, input []byte, err error) {
	input, err = json.Marshal(Step{Retailer: s.Retailer, Run: r.Run, Attempt: r.Attempt})
	return fmt.Sprintf("%s-%d-%d", s.Retailer, r.Run, r.Attempt), input, err
}

// begin makes a run ready for a task of a step. done says that the step is finished already. Errors:
// run.fenced, run.voided, those of the masters.
func (s *Service) begin(ctx context.Context, st Step, step string) (w *work, done bool, err error) {
	r, err := s.Run(ctx, st.Run)
	if err != nil {
		return nil, false, err
	}
	if err := r.fence(st.Attempt); err != nil {
		return nil, false, err
	}
	if _, is := r.Steps[step]; is {
		return nil, true, nil
	}
	ready, err := s.prepared(ctx, st.Run)
	if err != nil {
		return nil, false, err
	}
	w = &work{}
	*w = *ready
	w.attempts, w.attempt = r.Steps, st.Attempt
	return w, false, nil
}

// keptReady is how many runs are kept ready: the one at hand and the one before.
const keptReady = 2

// prepared compiles a run's masters once for all tasks of this process.
func (s *Service) prepared(ctx context.Context, run int64) (*work, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := runName(run)
	if w, ok := s.ready[name]; ok {
		return w, nil
	}
	pins, err := s.Pins(ctx, run)
	if err != nil {
		return nil, err
	}
	w, err := s.prepare(ctx, pins)
	if err != nil {
		return nil, err
	}
	if s.ready == nil || len(s.ready) >= keptReady {
		s.ready = map[string]*work{}
	}
	s.ready[name] = w
	return w, nil
}

func (s *Service) prepare(ctx context.Context, pins *Pins) (*work, error) {
	w := &work{Service: s, pins: pins}
	var err error
	if w.set, err = s.readMasters(ctx, pins.Masters); err != nil {
		return nil, err
	}
	members, err := s.readMembers(ctx, pins.Members)
	if err != nil {
		return nil, err
	}
	key, err := s.Keys.Pseudonym(ctx, s.Retailer)
	if err != nil {
		return nil, err
	}
	w.job = &rating.Job{
		Set: w.set, Members: members, RunDate: pins.RunDate, Run: pins.Run, Key: key,
		FileNo: map[string]int64{}, Converters: s.Converters,
		Options: rating.Options{
			Threads: max(1, s.Options.Threads), BlockSize: s.Options.BlockSize, Memory: s.memory(),
			TempDir: s.Options.TempDir,
		},
	}
	for i := range pins.Files {
		w.job.Files = append(w.job.Files, rating.File{Name: pins.Files[i].Name, Feed: pins.Files[i].Feed})
	}
	for _, n := range pins.Numbers {
		w.job.FileNo[n.Outlet] = n.FileNo
	}
	if w.history, err = s.historyOf(ctx, pins, w.set); err != nil {
		return nil, err
	}
	w.job.History = w.history
	w.engine, err = rating.NewEngine(w.job)
	return w, err
}

func (s *Service) memory() int64 {
	if s.Options.Memory > 0 {
		return s.Options.Memory
	}
	return 16 << 20
}

// path names a part that this attempt writes.
func (w *work) path(step, part string) string { return w.partPath(w.pins.Run, w.attempt, step, part) }

// left names a part that a finished step left; its own attempt's while the step is not recorded.
func (w *work) left(step, part string) string {
	attempt, ok := w.attempts[step]
	if !ok {
		attempt = w.attempt
	}
	return w.partPath(w.pins.Run, attempt, step, part)
}

// taskName names the part of a task that is spread.
func taskName(task int) string { return fmt.Sprintf("%05d", task) }

// task refuses a task that the step does not have.
func task(i, count int) error {
	if i < 0 || i >= count {
		return fault.New(fault.RunUnknown, fmt.Sprintf("The step has no task %d.", i))
	}
	return nil
}

// buckets gives the buckets of a group: from from to to-1.
func (w *work) buckets(group int) (from, to int) {
	return groupBuckets(group, max(1, w.pins.Groups))
}

func groupBuckets(group, groups int) (from, to int) {
	return group * rating.Buckets / groups, (group + 1) * rating.Buckets / groups
}
