// Package roles is what the roles of functions come to when they count: it reads the policies of deployed
// roles, tells which calls of AWS a request is, and stands as a gate between a function and an emulator that
// would let everything through.
//
// It knows what our functions use of IAM and of the services, and refuses the rest: a policy or a request
// that it does not know is an error, never a permission.
package roles

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Policy is what one role may do.
type Policy []statement

// statement is one of a policy's, with its alternatives.
type statement struct {
	Sid       string
	Effect    string
	Action    texts
	Resource  texts
	Condition map[string]map[string]texts // operator, key, values
}

// texts is one text or a list of them.
type texts []string

// UnmarshalJSON reads either form.
func (t *texts) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]string)(t))
	}
	*t = texts{""}
	return json.Unmarshal(b, &(*t)[0])
}

// Grant is the smallest thing that a policy allows.
type Grant struct {
	Sid      string // of its statement
	Action   string // service:Name
	Resource string // an ARN, maybe with * in it
}

// Call is what a request asks IAM for.
type Call struct {
	Action   string            // service:Name
	Resource string            // ARN
	Context  map[string]string // condition keys in lower case that the request has
}

// String is the call in one line.
func (c Call) String() string { return c.Action + " on " + c.Resource }

// Parse reads a policy document as IAM keeps it. Error: what this package does not know, since ignoring it
// would allow too much.
func Parse(document []byte) (Policy, error) {
	var d struct {
		Version   string
		Statement Policy
	}
	decoder := json.NewDecoder(strings.NewReader(string(document)))
	decoder.DisallowUnknownFields() // NotAction, NotResource, Principal
	if err := decoder.Decode(&d); err != nil {
		return nil, fmt.Errorf("a policy: %w", err)
	}
	for i := range d.Statement {
		s := &d.Statement[i]
		if s.Effect != "Allow" && s.Effect != "Deny" {
			return nil, fmt.Errorf("a policy: statement %s has the effect %q", s.Sid, s.Effect)
		}
		for operator := range s.Condition {
			if operator != "StringEquals" && operator != "Null" {
				return nil, fmt.Errorf("a policy: statement %s has a condition %s", s.Sid, operator)
			}
		}
	}
	return d.Statement, nil
}

// Allows says whether a role with this policy may make a call, and by which grants: a Deny counts more than
// any Allow, and what nothing allows is denied.
func (p Policy) Allows(c Call) (by []Grant, ok bool) {
	for i := range p {
		s := &p[i]
		if !s.holds(c) {
			continue
		}
		for _, g := range s.grants() {
			// Names of actions have no case, those of resources have.
			if !matches(strings.ToLower(g.Action), strings.ToLower(c.Action)) ||
				!matches(g.Resource, c.Resource) {
				continue
			}
			if s.Effect == "Deny" {
				return nil, false
			}
			by = append(by, g)
		}
	}
	return by, len(by) > 0
}

// Grants are all that a policy allows, in its order.
func (p Policy) Grants() (out []Grant) {
	for i := range p {
		if p[i].Effect == "Allow" {
			out = append(out, p[i].grants()...)
		}
	}
	return out
}

// Without is a policy that lacks an action of the statement with that Sid.
func (p Policy) Without(sid, action string) Policy {
	out := slices.Clone(p)
	for i := range out {
		if out[i].Sid == sid {
			out[i].Action = slices.DeleteFunc(slices.Clone(out[i].Action),
				func(a string) bool { return a == action })
		}
	}
	return out
}

func (s *statement) grants() (out []Grant) {
	for _, action := range s.Action {
		for _, resource := range s.Resource {
			out = append(out, Grant{s.Sid, action, resource})
		}
	}
	return out
}

// holds says whether all conditions of a statement are met.
func (s *statement) holds(c Call) bool {
	for operator, keys := range s.Condition {
		for key, values := range keys {
			value, known := c.Context[strings.ToLower(key)]
			switch operator {
			case "StringEquals":
				if !known || !slices.Contains(values, value) {
					return false
				}
			case "Null": // true = there must be no such key
				if slices.Contains(values, "true") == known {
					return false
				}
			}
		}
	}
	return true
}

// matches compares a text with a pattern in which * stands for any text and ? for any character.
func matches(pattern, text string) bool {
	literal := strings.NewReplacer(`\`, `\\`, "[", `\[`, "/", "\x00").Replace(pattern)
	ok, err := path.Match(literal, strings.ReplaceAll(text, "/", "\x00")) // so that * passes slashes
	return err == nil && ok
}

// context is a set of condition keys.
func context(pairs ...string) map[string]string {
	out := map[string]string{}
	for pair := range slices.Chunk(pairs, 2) {
		out[strings.ToLower(pair[0])] = pair[1]
	}
	return out
}

// with is a context with more in it.
func with(c, more map[string]string) map[string]string {
	out := maps.Clone(c)
	maps.Copy(out, more)
	return out
}
