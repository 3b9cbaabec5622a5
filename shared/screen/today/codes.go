package today

import "multipoint/shared/fault"

// words are a code's meaning and what to do, for people.
type words struct {
	code        fault.Code
	meaning, do string
}

// codeInJapanese says in Japanese what shared/fault says in English; false for codes that pages never show.
func codeInJapanese(c fault.Code) (words, bool) {
	for _, list := range [...][]words{ofFiles(), ofText(), ofValues(), ofRating(), ofRuns()} {
		for _, w := range list {
			if w.code == c {
				return w, true
			}
		}
	}
	return words{}, false
}

// ofFiles are the codes of whole files.
func ofFiles() []words {
	return []words{
		{
			fault.FileDuplicate, "同じ内容のファイルをすでに受け付けています。",
			"二重に送ったのであれば何もする必要はありません。違うなら、送るはずだったファイルを送ってください。",
		},
		{fault.FileTrailerMissing, "トレーラがなく、途中で切れたおそれがあります。", "ファイル全体を送り直してください。"},
		{
			fault.FileHeaderMissing, "レイアウトの求めるヘッダで始まっていません。",
			"このフィードのファイルかどうかを確かめ、送り直してください。",
		},
		{
			fault.FileOrder, "レコードの並びがレイアウトと違います。",
			"ヘッダ、データ、トレーラ、エンドの順を確かめ、送り直してください。",
		},
		{fault.FileTruncated, "ファイルがレコードの途中で終わっています。", "ファイル全体を送り直してください。"},
		{
			fault.FileEmpty, "ファイルの中身が1バイトもありません。",
			"送り直してください。売上のない日は、ヘッダとトレーラ、または見出し行だけのファイルにします。",
		},
		{
			fault.FileEncoding, "先頭のバイトが、レイアウトと違う文字コードを示しています。",
			"レイアウトの文字コードで書き出すか、レイアウトの文字コードを直してください。",
		},
		{
			fault.FileQuote, "引用符が閉じられないままファイルが終わっています。",
			"二重にしていない引用符を探して直し、送り直してください。",
		},
		{fault.FileCount, "レコードの数が、トレーラに書かれた件数と違います。", "元のデータと比べ、ファイル全体を送り直してください。"},
		{fault.FileAmount, "金額の合計が、トレーラに書かれた合計と違います。", "元のデータと比べ、ファイル全体を送り直してください。"},
		{
			fault.FileBadLines, "エラー行の割合が、フィードの上限を超えています。",
			"エラー行を直し、ファイル全体を送り直してください。",
		},
		{fault.FileControl, "トレーラの件数か合計を数字として読めません。", "トレーラを直し、ファイル全体を送り直してください。"},
		{fault.RecordTooLong, "レコードが長さの上限を超えています。", "改行と引用符を確かめ、送り直してください。"},
		{
			fault.FeedUnknown, "このファイルを受け取るフィードがありません。",
			"フィードを選んで送り直すか、ファイル名の型をフィードに加えてください。",
		},
		{
			fault.RetailerUnknown, "このコードの小売会社はありません。",
			"コードを確かめてください。新しい小売会社は、マスタの公開から始まります。",
		},
		{
			fault.FileCardNumber, "クレジットカード番号の全桁が書かれています。",
			"ファイルは隔離しました。提携コード、または先頭と下4桁にして送り直してください。",
		},
		{fault.FileTooLarge, "ファイルが大きさの上限を超えています。", "レシートの切れ目で分けて送ってください。"},
		{
			fault.FileName, "この名前のファイルは受け付けられません。",
			"斜線と制御文字を含まない、200バイトまでの名前にしてください。",
		},
		{fault.InputTooLarge, "入力が大きさの上限を超えています。", "分けて送ってください。"},
	}
}

// ofText are the codes of bad lines that concern characters, records and cards.
func ofText() []words {
	return []words{
		{
			fault.TextUndecodable, "文字として読めないバイトがあります。",
			"示したバイトの文字を、外字でない表記に直して送り直してください。",
		},
		{fault.TextNUL, "行にNULバイトがあります。", "NULバイトを取り除いて送り直してください。"},
		{
			fault.CardUnknown, "その桁数と日付の番号帯のどれにも入らない番号です。",
			"番号を確かめてください。正しい番号なら、カードの番号帯が登録されていません。",
		},
		{fault.CardCheckDigit, "番号のチェックデジットが合いません。", "読み違えた桁がないか確かめてください。"},
		{
			fault.CardNotDigits, "カード番号に数字でない文字があります。",
			"数字で送ってください。表計算ソフトで変わった（9.99E+15）こともあります。",
		},
		{
			fault.CardMissing, "ポイントカードも会員番号もありません。",
			"どちらかを書くか、フィードに card_optional を宣言してください。",
		},
		{fault.MemberUnknown, "会員番号が会員データにありません。", "会員番号を確かめてください。"},
		{
			fault.MemberNoCard, "会員が、フィードの定めるポイント事業者のカードを持っていません。",
			"会員にカードを登録していただき、行を送り直してください。",
		},
		{fault.KindBad, "行の種類が、売上・返品・取消・付与のどれでもありません。", "値を直すか、レイアウトの対応表に加えてください。"},
		{fault.ReceiptMissing, "レシート番号がなく、ほかの取引と区別できません。", "レシート番号を加えてください。"},
		{fault.RecordLength, "レコードの長さがレイアウトと違います。", "レコードの桁を確かめてください。"},
		{fault.RecordColumns, "列の数がレイアウトと違います。", "行の区切りと引用符を確かめてください。"},
		{fault.RecordKind, "先頭の列が、レイアウトのどの種類でもありません。", "レコードを確かめてください。"},
		{
			fault.RecordLineEnd, "改行がレイアウトと違います。",
			"改行をそろえるか、レイアウトに line_end: any を宣言してください。",
		},
		{fault.ItemBad, "レシートの明細を読めません。", "明細の数量、金額、税率を直してください。"},
		{fault.ItemAlone, "明細の前にレシートのレコードがありません。", "レコードの順を確かめてください。"},
		{fault.LookupMissing, "値がレイアウトの対応表にありません。", "値を直すか、対応表に加えてください。"},
		{
			fault.RecordQuote, "引用符で囲まない項目に引用符があるか、閉じた後に文字が続いています。",
			"項目を引用符で囲み、中の引用符は二つ重ねてください。",
		},
	}
}

// ofValues are the codes of bad lines that concern dates and figures.
func ofValues() []words {
	return []words{
		{fault.DateBad, "日付を、レイアウトの形で読めません。", "日付を直してください。"},
		{fault.DateFuture, "営業日が処理日より先です。", "日付を直すか、その日を待って送ってください。"},
		{fault.DateTooOld, "営業日が、フィードの期限より古い日付です。", "このような行は手で調整します。"},
		{fault.TimeBad, "時刻を読めません（00:00から29:59まで）。", "時刻を直してください。"},
		{fault.AmountBad, "金額を読めないか、1,000,000,000,000円を超えています。", "金額を直してください。"},
		{
			fault.AmountNegative, "売上か付与の金額が負です。",
			"返品として送るか、フィードに negative_is_return を宣言してください。",
		},
		{
			fault.AmountDiffers, "一つのレシートの明細で、レシートの金額が食い違っています。",
			"金額をそろえるか、列を明細の金額として宣言してください。",
		},
		{fault.AmountSigns, "税込と税抜の金額の符号が違います。", "金額を直してください。"},
		{
			fault.NumberExcel, "数が指数表記になり、下の桁が失われています。",
			"列を文字列にして書き出し直してください。",
		},
		{fault.PointsBad, "付与ポイントを読めないか、負か、大きすぎます。", "ポイントを直してください。"},
		{
			fault.PointTypeMissing, "付与の行にポイント種別がありません。",
			"行にポイント種別を加えるか、フィードで定めてください。",
		},
	}
}

// ofRating are the codes of good lines that gave no points.
func ofRating() []words {
	return []words{
		{
			fault.OutletUnencodable, "値をポイント事業者のファイルに書けません。",
			"文字を替えるか、代わりの文字をポイント事業者と取り決めてください。",
		},
		{fault.TransactionDuplicate, "同じ取引をすでに受け付けています。", "何もする必要はありません。"},
		{
			fault.TransactionConflict, "同じ取引が、違う内容ですでに届いています。",
			"どちらが正しいかを調べ、返品か調整で直してください。",
		},
		{
			fault.ReturnOriginalUnknown, "返品の元の売上が見つかりません。",
			"元の取引の番号を確かめてください。古い売上は手で調整します。",
		},
		{fault.ReturnExceedsSale, "売上より大きな金額が返品されています。", "返品の金額を確かめてください。"},
		{fault.PointsLimit, "一つの規則が1,000,000,000,000ポイントを超えます。", "金額と規則を確かめてください。"},
		{
			fault.ReturnErased, "売上のカードの番号が消去され、ポイントを取り消せません。",
			"お客様と個別に精算してください。",
		},
		{
			fault.ReturnCardDiffers, "返品と売上でカードが違います。売上のカードを使いました。",
			"多いときのほかは、何もする必要はありません。",
		},
		{fault.OutletOverflow, "数がポイント事業者のファイルの桁に入りません。", "桁をポイント事業者と取り決めてください。何も送っていません。"},
	}
}

// ofRuns are the codes of runs and what they keep.
func ofRuns() []words {
	return []words{
		{fault.ReadFailed, "ファイルを読めません。", "場所と権限を確かめてください。"},
		{fault.WriteFailed, "ファイルに書けません。", "場所、権限、空き容量を確かめ、もう一度処理してください。"},
		{
			fault.TotalsDiffer, "二つの工程の合計が一致しません。何も連携していません。",
			"データフォルダを残し、不具合として報告してください。",
		},
		{
			fault.RunBusy, "前の処理が終わっていないか、いま別の処理が動いています。",
			"示した処理を再開するか取りやめてから、もう一度お試しください。",
		},
		{fault.RunExists, "その日か、より新しい日の処理がすでにあります。", "何もする必要はありません。遅れて届いたものは次の日に入ります。"},
		{fault.RunUnknown, "その処理はありません。", "処理日の一覧から選んでください。"},
		{fault.RunCommitted, "処理は確定しているので、取りやめられません。", "調整で直してください。"},
		{fault.RunVoided, "処理は取りやめてあります。", "新しい処理が同じファイルを扱います。"},
		{fault.RunClosed, "処理は完了しています。", "何もする必要はありません。"},
		{fault.RunFenced, "より新しい試行が処理を引き継いでいます。", "何もする必要はありません。"},
		{fault.PartMissing, "処理に必要な部分がありません。", "バックアップから戻してください。確定の前なら再開できます。"},
		{fault.PartDamaged, "保存した部分が変えられたか、壊れています。", "バックアップから戻し、検証してください。"},
		{
			fault.PartDiffers, "同じ工程を二度行い、違う結果になりました。",
			"何も公開せず、不具合として報告してください。",
		},
		{fault.PartShredded, "その日の鍵は破棄したので、中身を読めません。", "何もする必要はありません。ダイジェストの連なりは確かめられます。"},
		{fault.LedgerDiffers, "元帳が、確定した処理の内容と違います。", "誰が変えたかを調べ、元帳を作り直してください。"},
		{fault.MastersMissing, "その日に使うマスタが公開されていません。", "先にマスタを公開してください。"},
	}
}
