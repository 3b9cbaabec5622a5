package main

import (
	"encoding/hex"
	"testing"

	"multipoint/shared/transaction"
)

// TestAdjustments: an entry loses points, a refused one is granted anew; each needs a reason and another
// person's approval.
func TestAdjustments(t *testing.T) {
	demoData(t)
	calls(t, exitOK, "day run")
	key := transaction.KeyOf("EC-20261121-10001")
	named := " --by sato --approved-by suzuki --reason complaint --key " + hex.EncodeToString(key[:])
	r := object[adjustReport](t, calls(t, exitOK, "adjust --json --entry 1 --points -1"+named).stdout)
	if !r.Adjusted || r.Run != 2 || r.Accounts[0].Granted != -1 || r.Accounts[0].Issued != 1 {
		t.Errorf("%+v", r)
	}
	// It stands, so it cannot be granted anew; nobody has an entry 99.
	says(t, calls(t, exitInput, "adjust --resend"+named).stdout, "run 3: nothing adjusted")
	calls(t, exitInput, "adjust --entry 99 --points 1"+named)
	byKey := write(t, "key.csv", "result,receipt\nrefused,EC-20261121-10001\n")
	calls(t, exitOK, "answer put --provider HOSHI --feed ec "+byKey)
	says(t, calls(t, exitOK, "adjust --resend --entry 2"+named).stdout, "adjusted")
	alone := "adjust --points 1 --by sato --approved-by sato --reason x --key 00"
	says(t, calls(t, exitInput, alone).stderr, "MP-4021", "cannot approve")
	says(t, calls(t, exitOK, "verify").stdout, "ledger                          identical")
}
