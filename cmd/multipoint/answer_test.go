package main

import (
	"testing"
)

// TestAnswerRefusesOnce: by number and sequence, by key; the same entry, and the same file, only once.
func TestAnswerRefusesOnce(t *testing.T) {
	demoData(t)
	calls(t, exitOK, "day run")
	first := write(t, "first.csv", "\ufefffile_no,sequence,result\n1,3,refused\n1,4,accepted\n7,1,\n")
	put := "answer put --provider HOSHI "
	r := object[answerReport](t, calls(t, exitOK, put+first+" --json").stdout)
	if r.Again || r.Run != 2 || r.Unmatched != 1 || len(r.Lines) != 3 || r.Lines[0].Entries == 0 ||
		r.Lines[1].Result != resultAccepted || r.Lines[2].Entries != 0 || r.Lines[2].Line != 4 ||
		r.Accounts[0].Refused <= 0 || r.Accounts[0].Accepted <= 0 {
		t.Errorf("%+v", r)
	}
	says(t, calls(t, exitOK, put+first).stdout, "answered by run 2; nothing was changed")
	again := object[answerReport](t, calls(t, exitOK, put+first+" --json").stdout)
	if !again.Again || again.Run != 2 || again.SHA256 != r.SHA256 {
		t.Errorf("%+v", again)
	}
	twice := write(t, "twice.csv", "sequence,file_no\n3,1\n")
	says(t, calls(t, exitInput, put+twice+" --strict").stdout, "run 3", "UNMATCHED", "0 entries moved")
	byKey := write(t, "key.csv", "result,receipt\nrefused,EC-20261121-10001\nrefused,EC-0\n")
	says(t, calls(t, exitOK, put+byKey+" --feed ec").stdout, "run 4", "EC-20261121-10001  refused        5",
		"1 line unmatched")
	says(t, calls(t, exitOK, "day show").stdout, "answer")
	says(t, calls(t, exitOK, "day show 4").stdout, "HOSHI: 2 lines, 1 of them unmatched, 5 entries moved")
	says(t, calls(t, exitOK, "verify").stdout, "run 4    answer", "ledger                          identical")
}

func TestAnswerThatCannotBeReadDoesNothing(t *testing.T) {
	demoData(t)
	for _, c := range []struct {
		name, text, args, says string
		code                   int
	}{
		{"titles", "line,what\n1,2\n", "", "MP-1233", exitInput},
		{"empty", "", "", "title row", exitInput},
		{"number", "file_no,sequence\nx,1\n1,0\n", "", "2 lines of", exitInput},
		{"result", "file_no,sequence,result\n1,1,perhaps\n", "", "neither refused nor accepted", exitInput},
		{"columns", "file_no,sequence\n1\n", "", "wrong number of fields", exitInput},
		{"provider", "file_no,sequence\n1,1\n", " --provider NOBODY", "not in the masters", exitUsage},
		{"feed", "receipt\n1\n", " --feed none", "MP-1130", exitInput},
		{"key", "store\n1\n", " --feed ec", "receipt", exitInput},
	} {
		path := write(t, c.name+".csv", c.text)
		r := calls(t, c.code, "answer put --provider HOSHI "+path+c.args)
		says(t, r.stderr, c.says)
	}
	says(t, calls(t, exitOK, "day show").stdout, "No run was opened")
}
