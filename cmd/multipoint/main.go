// Command multipoint turns a retailer's files into the point providers' files on one machine: folders in,
// folders out without a store, or days in a data folder that keeps everything. What it computes is in
// shared/; here are flags, files and what people see.
// docs/cli.md describes each command with an example.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"multipoint/shared/flow/local"
	"multipoint/shared/rating"
)

// Exit codes, the same for all commands (docs/cli.md).
const (
	exitOK          = 0
	exitFailed      = 1   // something could not be read or written, or the program is wrong
	exitUsage       = 2   // called in a way it does not know
	exitInput       = 3   // input refused, or faults found
	exitTotals      = 4   // totals of two stages disagree, or what is stored is not what it was
	exitInterrupted = 130 // SIGINT or SIGTERM
)

const exitHelp = `Exit codes: 0 done; 1 something cannot be read or written; 2 called wrongly;
3 input refused or faults found; 4 totals disagree or verify finds a difference;
130 interrupted.`

func main() { os.Exit(mainCode()) }

// mainCode runs the command line. The first signal ends the work and cleans up, the second ends the program.
func mainCode() int {
	limitMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

// memoryLimit is where the runtime begins to collect garbage more often than it would, in bytes: whatever the
// size of the files, the program stays below 300 MiB.
const memoryLimit = 240 << 20

// limitMemory sets the limit, unless the environment has one (GOMEMLIMIT).
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// run carries out one command line and gives its exit code. It ends early when ctx does.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return newProgram(stdin, stdout, stderr).run(ctx, args)
}

// program is one command line being carried out.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	json           bool      // --json
	jsonTo         io.Writer // where the JSON object of the command goes
	started        bool      // the command line was understood
	interrupted    string    // what an interrupt leaves, for people
	isTerminal     func(io.Writer) bool
	rate           func(*rating.Job, rating.Output) (*rating.Result, error)
	watch          func(local.Event) // told what a run does; nil = nobody is
}

func newProgram(stdin io.Reader, stdout, stderr io.Writer) *program {
	return &program{
		stdin: stdin, stdout: stdout, stderr: stderr, jsonTo: stdout,
		isTerminal: isTerminal, rate: rating.Run, interrupted: "interrupted; nothing was kept",
	}
}

func (p *program) run(ctx context.Context, args []string) int {
	root := p.root()
	root.SetArgs(append([]string{}, args...)) // of nil cobra would take the process's own
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		return p.fail(ctx, err)
	}
	return exitOK
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "multipoint",
		Short:         "A retailer's transaction files become each point provider's own file",
		Long:          "A retailer's transaction files become each point provider's own file.\n\n" + exitHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(p.masters(), p.convert(), p.rating(), p.generate(), p.inspect(), p.version())
	root.AddCommand(p.members(), p.intake(), p.day(), p.verify(), p.replay(), p.ledger())
	root.AddCommand(p.answer(), p.adjust())
	root.AddCommand(p.explain(), p.simulate(), p.backup(), p.restore())
	root.AddCommand(p.serve(), p.demo())
	return root
}

// runE is what cobra calls.
type runE = func(*cobra.Command, []string) error

// action wraps what a command does, so that errors before it are known to be mistakes in the call.
func (p *program) action(do func(ctx context.Context, args []string) error) runE {
	return func(cmd *cobra.Command, args []string) error {
		p.started = true
		return do(cmd.Context(), args)
	}
}

// addJSON gives a command the flag --json; its object goes to w.
func (p *program) addJSON(cmd *cobra.Command, w io.Writer, usage string) {
	cmd.Flags().BoolVar(&p.json, "json", false, usage)
	before := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		p.jsonTo = w
		return before(cmd, args)
	}
}
