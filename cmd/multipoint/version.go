package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionReport is the JSON object of version.
type versionReport struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
}

func (p *program) version() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of the program",
		Args:  cobra.NoArgs,
		RunE:  p.action(func(context.Context, []string) error { return p.printVersion() }),
	}
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return cmd
}

// versionOf is what the build says about the program.
func versionOf() versionReport {
	v := versionReport{Version: "unknown", Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.Version = info.Main.Version
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				v.Revision = s.Value
			case "vcs.modified":
				v.Modified = s.Value == "true"
			}
		}
	}
	return v
}

func (p *program) printVersion() error {
	v := versionOf()
	if p.json {
		return writeJSON(p.stdout, v)
	}
	text := fmt.Sprintf("multipoint %s, %s", v.Version, v.Go)
	if v.Revision != "" {
		text += ", revision " + v.Revision
	}
	if v.Modified {
		text += " with changes"
	}
	return p.print(text + "\n")
}
