package stack

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"multipoint/shared/cloud"
	"multipoint/shared/day"
	"multipoint/shared/flow/stepfunctions"
	"multipoint/test/emulator"
)

// The day from the synthesised template, with the real binaries of the functions: files come by URL, events
// bring them to intake, the schedule's event opens the day, Step Functions drives it. What comes out is the
// day on one machine, byte by byte; for a second retailer too, whose events all come twice while each
// function is killed once.
func TestTheDayFromTheTemplate(t *testing.T) {
	mini := emulator.MiniStack(t, "SFN_WAIT_SCALE=0.1")
	p := deploy(t, mini)
	t.Cleanup(func() {
		if t.Failed() {
			printed(t, mini, functions(t)...)
		}
	})
	t.Run("undisturbed", func(t *testing.T) {
		deployedDay(t, mini, p, retailer, false)
		locked(t, mini, p, retailer)
	})
	t.Run("stopped and resumed", func(t *testing.T) { resumedDay(t, mini, p, retailer+"-3") })
	t.Run("killed and told twice", func(t *testing.T) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		k := beginKilling(mini, rand.New(rand.NewPCG(seed, 2)))
		deployedDay(t, mini, p, retailer+"-2", true)
		killed := k.end()
		t.Logf("killed: %v", killed)
		if len(killed) < len(dayFunctions) {
			t.Errorf("%d functions were killed, want all %d of a day", len(killed), len(dayFunctions))
		}
	})
}

// dayFunctions are those that work on each day.
var dayFunctions = []string{
	"intake", "open", "plan", "convert", "check", "rate", "allocate", "grant", "files", "settle", "post",
	"deliver", "mail", "close",
}

// deployedDay runs the demo's day for a retailer in the cloud and compares it with the same on one machine.
func deployedDay(t *testing.T, mini *emulator.Mini, p *cloud.Program, code string, twice bool) {
	t.Helper()
	service := openedDay(t, mini, p, code, twice)
	if state := dayEnded(t, p, code+"-1-1"); state.Status != stepfunctions.Succeeded {
		run, err := service.Run(t.Context(), 1)
		t.Fatalf("the execution failed: %+v; the run is %+v, %v", state, run, err)
	}
	compare(t, collect(t, service), oneMachine(t, service))
}

// openedDay uploads the demo's files and waits until the day of a retailer has begun.
func openedDay(t *testing.T, mini *emulator.Mini, p *cloud.Program, code string, twice bool) *day.Service {
	t.Helper()
	service, err := p.NewRetailer(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, service)
	files := demoFiles(t)
	for i := range files {
		key := upload(t, p.Inbox, code, &files[i])
		if twice {
			tellAgain(t, mini, p, key)
		}
	}
	execution := code + "-1-1"
	// The schedule comes once a day; here it comes until the day is open: what was killed comes again only
	// after minutes.
	eventually(t, 4*time.Minute, "the day is opened", func(ctx context.Context) (bool, error) {
		invoke(t, mini, "open", `{"open":"all"}`)
		time.Sleep(time.Second)
		state, err := p.Flow.Describe(ctx, day.Day, execution)
		return state.Status != stepfunctions.Absent, err
	})
	return service
}

// dayEnded waits for the end of an execution of a day.
func dayEnded(t *testing.T, p *cloud.Program, execution string) (state stepfunctions.State) {
	t.Helper()
	eventually(t, 4*time.Minute, execution+" ends", func(ctx context.Context) (bool, error) {
		var err error
		state, err = p.Flow.Describe(ctx, day.Day, execution)
		return state.Status == stepfunctions.Succeeded || state.Status == stepfunctions.Failed, err
	})
	return state
}

// tellAgain sends the event of an upload a second time.
func tellAgain(t *testing.T, mini *emulator.Mini, p *cloud.Program, key string) {
	t.Helper()
	var event cloud.Created
	event.Detail.Bucket.Name, event.Detail.Object.Key = p.Settings.Inbox, key
	body := string(asJSON(t, &event))
	_, err := sqs.NewFromConfig(mini.Config).SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: &p.Settings.InboxQueue, MessageBody: &body,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// killer kills the process of each function once, at a moment that chance decides.
type killer struct {
	stop   chan struct{}
	done   sync.WaitGroup
	killed map[string]bool
}

func beginKilling(mini *emulator.Mini, chance *rand.Rand) *killer {
	k := &killer{stop: make(chan struct{}), killed: map[string]bool{}}
	k.done.Go(func() {
		for {
			select {
			case <-k.stop:
				return
			case <-time.After(time.Duration(chance.IntN(20)) * time.Millisecond):
			}
			for name, pid := range processes(mini) {
				if !k.killed[name] && chance.IntN(4) == 0 && syscall.Kill(pid, syscall.SIGKILL) == nil {
					k.killed[name] = true
				}
			}
		}
	})
	return k
}

func (k *killer) end() map[string]bool {
	close(k.stop)
	k.done.Wait()
	return k.killed
}

// processes are those of functions that an emulator runs, one for each function.
func processes(mini *emulator.Mini) map[string]int {
	out := map[string]int{}
	folders, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range folders {
		text, err := os.ReadFile(filepath.Join(folder, "environ"))
		if err != nil || !strings.Contains(string(text), mini.URL) {
			continue // of somebody else, or gone
		}
		for setting := range strings.SplitSeq(string(text), "\x00") {
			name, ok := strings.CutPrefix(setting, "AWS_LAMBDA_FUNCTION_NAME=multipoint-"+environment+"-")
			if pid, err := strconv.Atoi(filepath.Base(folder)); ok && err == nil {
				out[name] = pid
			}
		}
	}
	return out
}
