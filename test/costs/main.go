// Command costs counts what a day asks of AWS and turns the counts into money.
//
// A day of generated lines runs through its state machine as in the cloud: each call of a function is a
// program of its own with nothing in memory yet, objects go through the S3 client to the gateway in the
// process, and the table does DynamoDB's arithmetic. Every request, unit, state and key is counted; prices.go
// has the prices. A test keeps the counts of a small day, so that a change that asks for more is seen.
//
//	go run ./test/costs -write     counts days of several sizes and writes the tables of docs/costs.md
//	go run ./test/costs -lines N   counts one day and prints its bill
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
)

func main() {
	write := flag.Bool("write", false, "write the tables of docs/costs.md")
	lines := flag.Int64("lines", 20_000, "lines of the day to count")
	members := flag.Int("members", usualMembers, "members of the retailer")
	flag.Parse()
	spec := Spec{Lines: *lines, Members: *members}
	if err := run(context.Background(), *write, spec); err != nil {
		fmt.Fprintln(os.Stderr, "costs:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, write bool, spec Spec) error {
	dir, err := os.MkdirTemp("", "costs-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if write {
		return writePage(ctx, dir, "docs/costs.md")
	}
	d, err := Count(ctx, dir, spec)
	if err != nil {
		return err
	}
	fmt.Println("Prices of Tokyo,", pricesOf)
	fmt.Print(billTable([]*Day{d}))
	fmt.Print(stepTable(d))
	fmt.Print(backupTable(d))
	return nil
}
