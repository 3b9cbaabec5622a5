package master

import "multipoint/shared/fault"

func ruleSpoils() []spoil {
	return []spoil{
		{
			"a rule of an unknown provider", pointsFile, "provider: MINATO", "provider: X",
			fault.MasterDangling,
			"provider: X", "",
			"no provider X",
		},
		{
			"two normal rules at a time", pointsFile, "",
			"---\n{code: Z, provider: MINATO, point_type: MILE, " +
				"give: {kind: fixed, points: 7}, valid_from: 2030-01-01}\n", fault.MasterOverlap,
			"{code: Z", "",
			"part their periods",
		},
		{
			"an empty period of a rule", pointsFile, "min_amount: 100", "valid_to: 2026-01-31",
			fault.MasterUnreachable, "valid_to: 2026-01-31", "", "before",
		},
		{
			"a rule before all cards", pointsFile, "valid_from: 2026-03-01", "valid_to: 2019-12-31",
			fault.MasterUnreachable, "code: MINATO-BASE", "", "any day of the rule",
		},
		{
			"an unknown affiliate", othersFile, "affiliate: HOSHI", "affiliate: HOSI",
			fault.MasterDangling,
			"HOSI", "", "affiliate",
		},
		{
			"a campaign of a provider without cards", cardsFile, "provider: MINATO", "provider: SAKURA",
			fault.MasterUnreachable, "provider: MINATO", othersFile, "no card range of provider MINATO",
		},
		{
			"a campaign outside the cards' periods", othersFile, "grant_types: [PURCHASE]",
			"valid_from: 2019-12-01\nvalid_to: 2019-12-31", fault.MasterUnreachable, "valid_from: 2019",
			"",
			"any day of the rule",
		},
		{
			"an empty window", nightFile, `"22:00", "26:00"`, `"22:00", "02:00"`,
			fault.MasterUnreachable,
			"02:00", "", "24:00",
		},
		{
			"a weekday outside the period", othersFile, "valid_to: 2026-11-30", "valid_to: 2026-11-05",
			fault.MasterUnreachable, "weekdays: [5]", "", "weekdays",
		},
		{
			"a multiplier below 1", nightFile, "num: 2, den: 1", "num: 1, den: 2", fault.MasterValue,
			"den: 2",
			"", "less than 1",
		},
		{
			"a multiplier of nothing", nightFile, "point_type: BASE", "point_type: BONUS",
			fault.MasterUnreachable, "BONUS", "",
			"multiply",
		},
		{
			"a multiplier on items", othersFile, "kind: rate, num: 3, den: 100, round: half_up",
			"kind: multiplier, num: 3, den: 1",
			fault.MasterValue, "product_basis", "", "whole receipt",
		},
		{
			"an affiliate that no longer holds", hoshiFile, "", "valid_to: 2026-10-31\n",
			fault.MasterUnreachable,
			"affiliate: HOSHI", othersFile, "not valid",
		},
		{
			"an affiliate that no feed brings", posFile, "- {name: affiliate, title: 提携}",
			"- {title: 提携, type: filler}",
			fault.MasterUnreachable, "affiliate: HOSHI", othersFile, "no feed",
		},
		{
			"products that no feed brings", hostFile, "{name: product, width: 13}",
			"{type: filler, width: 13}",
			fault.MasterUnreachable, "products:", othersFile, "no feed",
		},
		{
			"a grant type that no feed brings", othersFile, "[PURCHASE]", "[BIRTHDAY]",
			fault.MasterUnreachable,
			"[BIRTHDAY]", "",
			"no feed",
		},
		{
			"a basis that a feed does not serve", posFile, "excl: rate\nrate: 10\n", "",
			fault.MasterBasis,
			"basis: excl", pointsFile,
			"POS (feed/pos.yaml:1)",
		},
		{
			"items without tax rate", hostFile, "{name: tax_rate, width: 2, type: number}",
			"{type: filler, width: 2}",
			fault.MasterBasis, "basis: excl", othersFile, "tax_rate",
		},
	}
}

func feedSpoils() []spoil {
	return []spoil{
		{"a bad pattern", posFile, "pos_*.csv", "pos_[.csv", fault.MasterValue, "pos_[", "", "pattern"},
		{
			"a pattern that is taken", posFile, "pos_*.csv", "TR????????.DAT", fault.MasterUnreachable,
			"TR????",
			"", "HOST",
		},
		{"a limit above 1", posFile, "[5, 100]", "[5, 4]", fault.MasterValue, "[5, 4]", "", "above 1"},
		{
			"an unknown member provider", posFile, "member_provider: MINATO", "member_provider: X",
			fault.MasterDangling,
			"member_provider", "", "no provider X",
		},
		{
			"a member number of nobody", posFile, "member_provider: MINATO\n", "", fault.MasterValue,
			"  records:", "", "member_no",
		},
		{
			"a key without register", posFile, "key_fields: [business_date, store, receipt]\n", "",
			fault.MasterValue, "  records:", "",
			"register",
		},
		{
			"excl from a file without it", posFile, "excl: rate\nrate: 10", "excl: file",
			fault.MasterBasis,
			"excl: file", "",
			"amount_excl",
		},
		{
			"excl from taxes that are not there", posFile, "excl: rate\nrate: 10", "excl: tax",
			fault.MasterBasis, "excl: tax", "",
			"tax_8",
		},
		{
			"flat_amount alone", posFile, "oldest_days: 30", "flat_amount: receipt", fault.MasterValue,
			"flat_amount", "", "",
		},
		{
			"item records in a flat file", hostFile, "excl: tax", "excl: tax\nflat_items: true",
			fault.LayoutRecord, "kind: item", "",
			"flat",
		},
	}
}

func outletSpoils() []spoil {
	return []spoil{
		{
			"an outlet of nobody", minatoFile, "provider: MINATO", "provider: X", fault.MasterDangling,
			"provider: X", "",
			"no provider X",
		},
		{
			"no outlet", minatoFile, "provider: MINATO", "provider: X", fault.MasterDangling,
			"code: MINATO",
			"provider/MINATO.yaml", "no outlet",
		},
		{
			"two outlets at a time", minatoFile, "provider: MINATO", "provider: SAKURA",
			fault.MasterOverlap,
			"provider: SAKURA",
			sakuraFile, "MINATO-OUT",
		},
		{
			"one file name for two", minatoFile, `"{provider}-{run_date}.csv"`,
			`"SKR{run_date}_{file_no}.DAT"`,
			fault.MasterOverlap,
			"file:", sakuraFile, "file name",
		},
		{
			"never open", sakuraFile, "closed_weekdays: [7]", "closed_weekdays: [1, 2, 3, 4, 5, 6, 7]",
			fault.MasterUnreachable,
			"closed_weekdays", "", "every day",
		},
		{
			"negative points without a sign", sakuraFile,
			"{name: points, width: 9, type: number, sign: " +
				"lead_sign}",
			"{name: points, width: 9, type: number}", fault.LayoutNotWritable, "{name: points", "",
			"no sign",
		},
		{
			"returns of a kind that nothing shows", minatoFile,
			`{name: kind, title: 区分, lookup: {"1": grant, "2": return}}`, "{title: 区分, type: filler}",
			fault.LayoutRecord,
			"returns: kind", "", "kind return",
		},
		{
			"a return record that is never written", sakuraFile, "    - kind: trailer",
			"    - kind: return\n      ids: [\"3\"]\n      fields: [{name: card, width: 51}, {name: " +
				"points, " +
				"width: 9, type: number}]\n" +
				"    - kind: trailer", fault.MasterUnreachable, "kind: return", "", "returns: kind",
		},
		{
			"an outlet that ended before the rule", minatoFile, "grain: card", "valid_to: 2026-02-28",
			fault.MasterUnreachable,
			"valid_from: 2026-03-01", pointsFile, "no outlet",
		},
	}
}

func layoutSpoils() []spoil {
	return []spoil{
		{
			"widths that do not add up", hostFile, "{type: filler, width: 7}",
			"{type: filler, width: 6}",
			fault.LayoutWidths,
			"- kind: receipt", "", "record receipt sum up to 79, but record_length is 80 (-1)",
		},
		{
			"a width in csv", posFile, "{name: store, title: 店舗}", "{name: store, width: 4}",
			fault.LayoutWidths,
			"width: 4", "", "",
		},
		{
			"a fixed field without width", hostFile, "{name: store, width: 4}", "{name: store}",
			fault.LayoutWidths, "{name: store}", "",
			"",
		},
		{
			"a discriminator outside", hostFile, "{at: 1, width: 1}", "{at: 80, width: 2}",
			fault.LayoutDiscriminator, "{at: 80", "",
			"outside",
		},
		{
			"an id twice", hostFile, `ids: ["3"]`, `ids: ["2", "3"]`, fault.LayoutDiscriminator,
			`["2", "3"]`,
			"", "receipt",
		},
		{
			"an id of another width", hostFile, `ids: ["3"]`, `ids: ["33"]`, fault.LayoutDiscriminator,
			`ids: ["33"]`, "", "2 bytes",
		},
		{
			"a record without ids", hostFile, "      ids: [\"3\"]\n", "", fault.LayoutDiscriminator,
			"- kind: item", "", "no ids",
		},
		{
			"no discriminator", hostFile, "  discriminator: {at: 1, width: 1}\n", "",
			fault.LayoutDiscriminator,
			"records:", "", "apart",
		},
		{
			"a name twice", posFile, "name: time,", "name: store,", fault.LayoutField, "title: 店舗", "",
			"twice",
		},
		{
			"a form of another type", posFile, "form: yyyy/mm/dd", "form: hhmm", fault.LayoutField,
			"form: hhmm",
			"", "hhmm",
		},
		{
			"a missing sign field", hostFile, "sign_field: amount_sign", "sign_field: sign",
			fault.LayoutField,
			"sign_field: sign", "",
			"no other field",
		},
		{
			"a constant that cannot be written", sakuraFile, "constant: あおぞらストア", "constant: 𠮷",
			fault.LayoutUnencodable, "𠮷", "",
			"cp932",
		},
		{
			"a constant too wide", sakuraFile, "constant: あおぞらストア", "constant: あおぞらストア本店営業部",
			fault.LayoutUnencodable, "本店", "",
			"24 bytes",
		},
		{
			"a lookup that cannot be turned round", minatoFile, `"2": return`,
			`"2": return, "3": return`,
			fault.LayoutNotWritable,
			`"3": return`, "", `"2" and "3"`,
		},
	}
}

func layoutNameSpoils() []spoil {
	return []spoil{
		{
			"a derived value of nothing", hostFile, "from: class", "from: klass", fault.LayoutField,
			"- name: kind", "", "klass",
		},
		{
			"a derived value of itself", hostFile, "from: class", "from: kind", fault.LayoutField,
			"- name: kind", "", "from itself",
		},
		{
			"no such converter", hostFile, "      from: class\n",
			"      from: class\n      convert: rot13\n",
			fault.LayoutConverter,
			"convert: rot13", "", "rot13",
		},
		{
			"no business date", posFile, "name: business_date,", "name: businessdate,",
			fault.LayoutField,
			"  records:", "",
			"business_date",
		},
		{
			"a misspelt name", posFile, "name: affiliate,", "name: affiliatee,", fault.LayoutField,
			"affiliatee", "",
			"filler",
		},
		{
			"a total of no number", hostFile, "total: amount_incl", "total: card", fault.LayoutField,
			"control:",
			"", "card",
		},
		{
			"a count of no record", hostFile, "counts: [receipt, item]", "counts: [receipt, return]",
			fault.LayoutRecord, "control:", "",
			"return",
		},
		{
			"a control without a field", hostFile, "{name: count, width: 8, type: number}",
			"{type: filler, width: 8}",
			fault.LayoutRecord, "control:", "", "count",
		},
		{
			"records in a wrong order", sakuraFile, "- kind: trailer", "- kind: titles",
			fault.LayoutRecord,
			"kind: titles", "", "order",
		},
		{
			"an outlet without points", minatoFile, "{name: points, title: マイル, type: number}",
			"{title: マイル, type: filler}",
			fault.LayoutRecord, "- kind: receipt", "", "points",
		},
		{
			"an outlet without card", sakuraFile, "{name: card, width: 16}",
			"{type: filler, width: 16}",
			fault.LayoutRecord,
			"- kind: receipt", "", "card",
		},
		{
			"a value that nobody gives", sakuraFile, "name: maker, width: 20, constant: あおぞらストア",
			"name: maker, width: 20",
			fault.LayoutField, "name: maker", "", "nobody gives",
		},
		{
			"any line end on writing", minatoFile, "format: csv", "format: csv\n  line_end: any",
			fault.LayoutNotWritable, "line_end", "",
			"",
		},
	}
}
