package master

import (
	"slices"
	"strings"
	"testing"

	"multipoint/shared/fault"
)

func TestMailAddressesAreOptional(t *testing.T) {
	files := good(t)
	before := mustLoad(t, files)
	if before.Retailer.Mail != nil || before.Providers[0].Mail != nil {
		t.Error("there are addresses that nobody gave")
	}
	files["retailer.yaml"].Data = append(files["retailer.yaml"].Data,
		"mail: [hq@aozora.example, b.c+d@x.example]\n"...)
	files["provider/SAKURA.yaml"].Data = append(files["provider/SAKURA.yaml"].Data,
		"mail:\n  - points@sakura.example\n"...)
	set := mustLoad(t, files)
	if !slices.Equal(set.Retailer.Mail, []string{"hq@aozora.example", "b.c+d@x.example"}) {
		t.Errorf("the retailer's are %v", set.Retailer.Mail)
	}
	i := slices.IndexFunc(set.Providers, func(p Provider) bool { return p.Code == "SAKURA" })
	if !slices.Equal(set.Providers[i].Mail, []string{"points@sakura.example"}) {
		t.Errorf("the provider's are %v", set.Providers[i].Mail)
	}
	if set.Version == before.Version {
		t.Error("other addresses have the same version")
	}
}

func TestMailAddressesAreChecked(t *testing.T) {
	for text, code := range map[string]fault.Code{
		"hq@aozora.example":                   fault.MasterSchema,
		"[]":                                  fault.MasterValue,
		"[hq]":                                fault.MasterValue,
		"[hq@aozora]":                         fault.MasterValue,
		"['a@b.example, c@d.example']":        fault.MasterValue,
		"['Ann <a@b.example>']":               fault.MasterValue,
		`["a@b.example\r\nBcc: c@d.example"]`: fault.MasterValue,
		`["a@b.example\n"]`:                   fault.MasterValue,
		"[a@b.example, a@b.example]":          fault.MasterValue,
		"[" + strings.Repeat("a", 250) + "@b.example]":             fault.MasterValue,
		"[" + strings.Repeat("a@b.example, ", 20) + "c@d.example]": fault.MasterValue,
	} {
		files := good(t)
		files["retailer.yaml"].Data = append(files["retailer.yaml"].Data, "mail: "+text+"\n"...)
		_, faults := Load(files)
		if len(faults) == 0 || faults[0].Line != 4 || faults[0].Code != code {
			t.Errorf("%s: got %s", text, listing(faults))
		}
	}
}
