package emulator

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

const passing = `{"StartAt":"Pass","States":{"Pass":{"Type":"Pass","End":true}}}`

// machine makes a state machine and gives its ARN.
func machine(t *testing.T, m *Mini) string {
	t.Helper()
	out, err := sfn.NewFromConfig(m.Config).CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String("passing"), Definition: aws.String(passing),
		RoleArn: aws.String("arn:aws:iam::" + Account + ":role/flow"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.StateMachineArn
}

func TestMiniStackAnswersInItsAccountAndRegion(t *testing.T) {
	want := "arn:aws:states:" + Region + ":" + Account + ":stateMachine:passing"
	if got := machine(t, MiniStack(t)); got != want {
		t.Errorf("the machine is %s, want %s", got, want)
	}
}

func TestMiniStacksShareNothing(t *testing.T) {
	first, second := MiniStack(t), MiniStack(t)
	machine(t, first)
	out, err := sfn.NewFromConfig(second.Config).ListStateMachines(t.Context(), &sfn.ListStateMachinesInput{})
	if err != nil || len(out.StateMachines) > 0 {
		t.Errorf("the second has %v, %v", out, err)
	}
}

// TestMiniStackIsReachedFromThisMachineOnly asks at the other addresses that the machine has.
func TestMiniStackIsReachedFromThisMachineOnly(t *testing.T) {
	port := port(MiniStack(t))
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		ip, ok := address.(*net.IPNet)
		if !ok || ip.IP.IsLoopback() || ip.IP.IsLinkLocalUnicast() {
			continue
		}
		if connection, err := net.Dial("tcp", net.JoinHostPort(ip.IP.String(), port)); err == nil {
			_ = connection.Close()
			t.Errorf("it answers at %s", ip.IP)
		}
	}
}

func TestMiniStackEndsWithTheTest(t *testing.T) {
	var after string
	t.Run("test", func(t *testing.T) { after = port(MiniStack(t)) })
	if after == "" {
		t.SkipNow() // as the inner test was
	}
	if connection, err := net.Dial("tcp", "127.0.0.1:"+after); err == nil {
		_ = connection.Close()
		t.Error("it still answers")
	}
}

// dying is the variable that has the file in which a process writes where its MiniStack is, before it dies.
const dying = "MULTIPOINT_DYING"

// TestMiniStackEndsWithAProcessThatDies: no test's cleanup runs there.
func TestMiniStackEndsWithAProcessThatDies(t *testing.T) {
	if file := os.Getenv(dying); file != "" {
		if err := os.WriteFile(file, []byte(port(MiniStack(t))), 0o600); err != nil {
			t.Fatal(err)
		}
		os.Exit(3)
	}
	port(MiniStack(t)) // so that it is installed, or this test is skipped
	file := filepath.Join(t.TempDir(), "port")
	child := exec.Command(os.Args[0], "-test.run=^TestMiniStackEndsWithAProcessThatDies$")
	child.Env = append(os.Environ(), dying+"="+file, "TMPDIR="+t.TempDir())
	printed, err := child.CombinedOutput()
	if child.ProcessState.ExitCode() != 3 {
		t.Fatalf("%v: %s", err, printed)
	}
	number, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	late := time.After(10 * time.Second)
	for {
		connection, err := net.Dial("tcp", "127.0.0.1:"+string(number))
		if err != nil {
			return
		}
		_ = connection.Close()
		select {
		case <-late:
			t.Fatal("it lives on")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func port(m *Mini) string { return m.URL[strings.LastIndexByte(m.URL, ':')+1:] }
