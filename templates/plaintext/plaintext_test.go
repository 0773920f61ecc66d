package plaintext_test

import (
	"regexp"
	"runtime"
	"strings"
	"testing"

	"mailgun-connector/templates/plaintext"
)

// mark is how the pages of these tests write what is not HTML: [name] for a
// value, [+name] and [-name] for the switches around what name may leave out.
var mark = regexp.MustCompile(`\[([+-]?)(\w+)\]`)

func pieces(page string) []plaintext.Piece {
	var all []plaintext.Piece
	last := 0
	for _, at := range mark.FindAllStringSubmatchIndex(page, -1) {
		all = append(all, plaintext.Piece{Text: page[last:at[0]]})
		last = at[1]
		p := plaintext.Piece{Kind: plaintext.Value, Text: page[at[4]:at[5]]}
		switch page[at[2]:at[3]] {
		case "+":
			p.Kind, p.ID = plaintext.Switch, +1
		case "-":
			p.Kind, p.ID = plaintext.Switch, -1
		}
		all = append(all, p)
	}
	return append(all, plaintext.Piece{Text: page[last:]})
}

// convert returns the text of a page with the values filled in; a switch is on if
// its name has a value.
func convert(t testing.TB, page string, values map[string]string) string {
	t.Helper()
	text, err := plaintext.Convert(pieces(page))
	if err != nil {
		t.Fatalf("Convert(%q): %v", page, err)
	}
	var b strings.Builder
	var flow plaintext.Flow
	off := 0
	write := func(s string) {
		if s != "" && off == 0 {
			flow.Begin(&b)
			b.WriteString(s)
		}
	}
	for _, p := range text {
		switch p.Kind {
		case plaintext.Switch:
			if values[p.Text] == "" {
				off += p.ID
			}
		case plaintext.Text:
			write(p.Text)
		case plaintext.Value:
			write(values[p.Text])
		case plaintext.Gap:
			if off == 0 {
				flow.Gap(p.Space, p.Text)
			}
		case plaintext.Bullet:
			if off == 0 {
				flow.Bullet(p.Text)
			}
		}
	}
	return b.String()
}

type test struct{ name, page, want string }

func run(t *testing.T, tests []test, values map[string]string) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := convert(t, tt.page, values); got != tt.want {
				t.Errorf("Convert(%s)\n got %q\nwant %q", tt.page, got, tt.want)
			}
		})
	}
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	run(t, []test{
		{"nothing", ``, ""},
		{"no tags", `just text`, "just text"},
		{"white space", "<p> one \n\t two&nbsp; &nbsp;three </p>\n\n", "one two three"},
		{"paragraphs", `<h1>A</h1><p>b</p><p>c</p>d`, "A\n\nb\n\nc\n\nd"},
		{"lines", `<div>a</div><div>b</div>c<center>d</center>`, "a\nb\nc\nd"},
		{"nested blocks", `<div><div><p>a</p></div></div><div><div>b</div></div>`, "a\n\nb"},
		{"break", `a<br>b<br/>c`, "a\nb\nc"},
		{"two breaks", `a<br><br>b<br> <br><br>c`, "a\n\nb\n\nc"},
		{"break at the end of a line", `<div>a<br></div><div>b</div>`, "a\nb"},
		{"break on a line of its own", `<div>a</div><br><div>b</div>`, "a\n\nb"},
		{"break at the beginning", `<br><br>a<br><br>`, "a"},
		{"empty line", `<div>a</div><div>&nbsp;</div><div>&nbsp;b</div><div>c</div>`, "a\n\nb\nc"},
		{"rule", `<p>a</p><hr><p>b</p>`, "a\n\n---\n\nb"},
		{"preformatted", "<pre>\na\n  b   c\n\n\n\td\n</pre>e", "a\n  b   c\n\n\td\n\ne"},
		{"pre-line", "<div style='white-space: pre-line'>a  b\n  c</div>", "a b\nc"},
		{"pre-wrap", "<div style='white-space:pre-wrap'>a  b\n  c</div>", "a  b\n  c"},
		{"quotation", `<p>a</p><blockquote><p>b</p>c<br>d</blockquote>e`, "a\n\n> b\n\n> c\n> d\n\ne"},
		{"quotation first", `<blockquote>b</blockquote>`, "> b"},
		{"block by style", `<span style="display:block">a</span><a style="display: block">b</a>c`, "a\nb\nc"},
		{"inline by style", `<p style="display:inline">a</p><div style="display:inline">b</div>`, "ab"},
		{"definitions", `<dl><dt>a</dt><dd>b</dd><dt>c</dt><dd>d</dd></dl>`, "a\nb\nc\nd"},
		{"image", `<img src=x alt="Acme &amp; Co"><img src=y alt=""><img src=z> shop`, "Acme & Co shop"},
		{"unclosed", `<p>a<p>b<div>c<table><tr><td>d<tr><td>e`, "a\n\nb\n\nc\n\nd\n\ne"},
		{"form", `<form><button>Go</button><textarea>a <b>c</b></textarea> <input value="x"><input type="SUBMIT" value="Send"></form>`, "Goa <b>c</b> Send"},
	}, nil)
}

func TestInlineTagsInsertNothing(t *testing.T) {
	t.Parallel()
	run(t, []test{
		{"words", `W<span>elcome</span>! The 1<sup>st</sup> H<sub>2</sub>O <b>a</b>-<b>b</b>.`, "Welcome! The 1st H2O a-b."},
		{"space inside", `a<b> b </b>c`, "a b c"},
		{"space on both sides", `a <b> b </b> c`, "a b c"},
		{"values", `<b>[prefix]</b>-<b>[code]</b>`, "ABC-481629"},
		{"values side by side", `<td>[prefix]<span>[code]</span></td>`, "ABC481629"},
		{"digits", `<span>4</span><span>8</span><span>1</span>`, "481"},
		{"wbr", `super<wbr>long`, "superlong"},
		{"entities", `a&amp;b &lt;c&gt; &copy; &#8212; &eacute;`, "a&b <c> © — é"},
		{"soft hyphen", `Verifizierungs&shy;code`, "Verifizierungscode"},
		{"comments", `a<!-- b -->c`, "ac"},
		{"font", `<font color="red">a</font><u>b</u><i>c</i><em>d</em><strong>e</strong>`, "abcde"},
	}, map[string]string{"prefix": "ABC", "code": "481629"})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	run(t, []test{
		{"Arabic", `<p dir="rtl">رمز التحقق: <b>[code]</b></p>`, "رمز التحقق: 481629"},
		{"marks stay with their text", `<p>שלום&rlm;! <b>&#x2066;Acme&#x2069;</b></p>`, "שלום\u200f! \u2066Acme\u2069"},
		{"marks around a value", `<p>a &#x2068;[code]&#x2069; b</p>`, "a \u2068481629\u2069 b"},
		{"marks alone are nothing", `<p>a</p><p>&rlm; &lrm;</p><p>b</p>`, "a\n\nb"},
		{"Persian joiner", `<p>می&zwnj;خواهم</p>`, "می\u200cخواهم"},
		{"emoji", `<p>👩&zwj;💻 👍🏽 ✉️</p>`, "👩\u200d💻 👍🏽 ✉️"},
		{"Japanese", `<p>認証コード：<b>[code]</b>です。<br>　次へ</p>`, "認証コード：481629です。\n　次へ"},
		{"Thai", `<p>รหัส&#8203;ยืนยัน</p>`, "รหัส\u200bยืนยัน"},
	}, map[string]string{"code": "481629"})
}

func TestLinks(t *testing.T) {
	t.Parallel()
	run(t, []test{
		{"text and address", `(<a href="https://x.example/">here</a>):`, "(here ( https://x.example/ )):"},
		{"value", `<a href="[link]">Open</a>`, "Open ( https://y.example/?a=1&b=2 )"},
		{"value in an address", `<a href="https://x.example/?t=[code]&amp;u=1">Open</a>`, "Open ( https://x.example/?t=481629&u=1 )"},
		{"the text is the address", `<a href="https://x.example/a?b=1&amp;c=2">https://x.example/a?b=1&amp;c=2</a>`, "https://x.example/a?b=1&c=2"},
		{"the text is the same value", `<a href="[link]"> <b>[link]</b> </a>`, "https://y.example/?a=1&b=2"},
		{"the text is the address without scheme", `<a href="https://x.example/">x.example</a>.`, "https://x.example/."},
		{"the text has a slash less", `<a href="https://x.example/">https://x.example</a>`, "https://x.example"},
		{"mail", `<a href="mailto:help@x.example?subject=Hi">Help</a>`, "Help ( help@x.example )"},
		{"mail as text", `<a href="mailto:help@x.example?subject=Hi">Help@x.example</a>`, "Help@x.example"},
		{"phone", `<a href="tel:+15550100">+1 (555) 0100</a>, <a href="tel:+15550100">call</a>`, "+1 (555) 0100, call ( +15550100 )"},
		{"app", `<a href="acme://verify?code=[code]">Open</a>`, "Open ( acme://verify?code=481629 )"},
		{"nowhere", `<a>a</a> <a href="">b</a> <a href="#">c</a> <a href="#top">d</a> <a href="javascript:x()">e</a>`, "a b c d e"},
		{"empty", `a<a href="https://x.example/"></a><a href="https://x.example/"> </a>b`, "a b"},
		{"image", `<a href="https://x.example/"><img src=x alt="Acme"></a>`, "Acme ( https://x.example/ )"},
		{"image without words", `<a href="https://x.example/"><img src=x></a>`, "https://x.example/"},
		{"hidden words", `<a href="https://x.example/"><span style="display:none">x</span></a>`, ""},
		{"space at the edges", `a<a href="https://x.example/"> b </a>c`, "a b ( https://x.example/ ) c"},
		{"line break in the address", "<a href=' https://x.example/\n  a '>b</a>", "b ( https://x.example/  a )"},
		{"button", `<p>a</p><table><tr><td><a href="https://x.example/" style="display:inline-block;padding:12px">Confirm</a></td></tr></table><p>b</p>`,
			"a\n\nConfirm ( https://x.example/ )\n\nb"},
		{"block in a link", `<a href="https://x.example/"><table><tr><td>a</td></tr><tr><td>b</td></tr></table></a>c`, "a\n\nb ( https://x.example/ )\n\nc"},
		{"button with a drawing for Outlook",
			`<!--[if mso]><v:roundrect href="https://x.example/"><center>Confirm</center></v:roundrect><![endif]-->` +
				`<a href="https://x.example/" style="background:#000;color:#fff;mso-hide:all">Confirm</a>`, "Confirm ( https://x.example/ )"},
		{"side by side", `<a href="https://x.example/">a</a> | <a href="https://y.example/">b</a>`, "a ( https://x.example/ ) | b ( https://y.example/ )"},
	}, map[string]string{"code": "481629", "link": "https://y.example/?a=1&b=2"})
}

func TestTables(t *testing.T) {
	t.Parallel()
	run(t, []test{
		{"layout", `<table><tr><td>a</td></tr><tr><td>b</td></tr></table>`, "a\n\nb"},
		{"nested layout", `<table><tr><td><table><tr><td>a</td></tr><tr><td><b>[code]</b></td></tr></table></td></tr><tr><td>c</td></tr></table>`, "a\n\n481629\n\nc"},
		{"data", `<table><tr><th>Item</th><th>Price</th></tr><tr><td>Book</td><td>$5</td></tr></table>`, "Item  Price\nBook  $5"},
		{"data in paragraphs", `<table><tr><td><p>Book</p></td><td><p>$5</p></td></tr><tr><td><p>Pen</p></td><td><p>$1</p></td></tr></table>`, "Book  $5\nPen  $1"},
		{"sections", `<table><caption>c</caption><thead><tr><th>a<th>b<tbody><tr><td>1<td>2<tfoot><tr><td>3<td>4</table>`, "c\na  b\n1  2\n3  4"},
		{"empty cells", `<table><tr><td>&nbsp;</td><td>a</td><td width="20"></td><td><img src=x></td></tr><tr><td>b</td></tr></table>`, "a\n\nb"},
		{"columns of a layout", `<table><tr><td><p>a</p><p>b</p></td><td><p>c</p></td></tr></table>`, "a\n\nb\n\nc"},
		{"cell of two lines", `<table><tr><td>Address:</td><td>1 Street<br>City</td></tr></table>`, "Address:\n1 Street\nCity"},
		{"buttons side by side", `<table><tr><td><table><tr><td><a href="https://x.example/y">Yes</a></td></tr></table></td><td><table><tr><td><a href="https://x.example/n">No</a></td></tr></table></td></tr></table>`,
			"Yes ( https://x.example/y )  No ( https://x.example/n )"},
		{"value of nothing", `<table><tr><td>a</td></tr><tr><td>[nothing]</td></tr><tr><td>b</td></tr></table>`, "a\n\nb"},
		{"cell of nothing", `<table><tr><td>a</td><td>[nothing]</td><td>b</td></tr></table>`, "a  b"},
		{"hidden row", `<table><tr><td>a</td></tr><tr style="display:none"><td>x</td></tr><tr><td>b</td></tr></table>`, "a\n\nb"},
	}, map[string]string{"code": "481629"})
}

func TestLists(t *testing.T) {
	t.Parallel()
	run(t, []test{
		{"unordered", `a<ul><li>b</li> <li>c</li></ul>d`, "a\n\n* b\n* c\n\nd"},
		{"ordered", `<ol><li>Open the app</li><li>Enter [code]</li></ol>`, "1. Open the app\n2. Enter 481629"},
		{"start", `<ol start="9"><li>a</li><li>b</li></ol>`, "9. a\n10. b"},
		{"value", `<ol><li>a</li><li value="5">b</li><li>c</li></ol>`, "1. a\n5. b\n6. c"},
		{"reversed", `<ol reversed><li>a</li><li>b</li></ol>`, "2. a\n1. b"},
		{"letters", `<ol type="a" start="26"><li>a</li><li>b</li></ol><ol type=A><li>c</li></ol>`, "z. a\naa. b\n\nA. c"},
		{"roman", `<ol type="i" start="3"><li>a</li><li>b</li></ol><ol style="list-style-type:upper-roman" start="1990"><li>c</li></ol>`, "iii. a\niv. b\n\nMCMXC. c"},
		{"nested", `<ul><li>a<ul><li>b</li><li>c<ol><li>d</li></ol></li></ul></li><li>e</li></ul>`, "* a\n  * b\n  * c\n    1. d\n* e"},
		{"nested in numbers", `<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>`, "1. a\n   * b\n2. c"},
		{"several lines", `<ul><li>a<br>b</li><li><p>c</p><p>d</p></li></ul>`, "* a\n  b\n\n* c\n\n  d"},
		{"empty items", `<ul><li></li><li>a</li><li>[nothing]</li><li>b</li><li> </li></ul>c`, "* a\n* b\n\nc"},
		{"value first", `<ul><li>[code]</li><li>[nothing]</li></ul>a`, "* 481629\n\na"},
		{"links", `<ul><li><a href="https://x.example/">a</a></li><li><a href="[code]">[code]</a></li></ul>`, "* a ( https://x.example/ )\n* 481629"},
		{"no bullets", `<ul style="list-style:none"><li>a</li><li>b</li></ul>`, "a\nb"},
		{"in one line", `<ul style="list-style:none"><li style="display:inline-block">a</li> <li style="display:inline">b</li></ul>`, "a b"},
		{"in a cell", `<table><tr><td>a</td><td><ul><li>b</li><li>c</li></ul></td></tr></table>`, "a\n\n* b\n* c"},
		{"in a quotation", `<blockquote><ul><li>b</li><li>c<br>d</li></ul></blockquote>`, "> * b\n> * c\n>   d"},
		{"no list around", `<li>a<li>b`, "* a\n* b"},
	}, map[string]string{"code": "481629"})
}

func TestHidden(t *testing.T) {
	t.Parallel()
	const seen = `<p>seen</p>`
	var tests []test
	for name, page := range map[string]string{
		"display":               `<div style="display:none">x</div>`,
		"important":             `<div style="DISPLAY : NONE !important;">x</div>`,
		"visibility":            `<div style="visibility:hidden"><p>x</p></div>`,
		"opacity":               `<div style="opacity:0">x</div><div style="opacity:0.0;">x</div>`,
		"max-height":            `<div style="max-height:0; overflow:hidden; mso-hide:all;" aria-hidden="true">x</div>`,
		"max-height in px":      `<span style="max-height:0px">x</span>`,
		"height":                `<div style="height:0;overflow:hidden">x</div><div style="height:1px; overflow: hidden;">x</div>`,
		"font-size 0":           `<span style="font-size:0">x<b>y</b></span><table><tr><td style="font-size:0px">x</td></tr></table>`,
		"font-size 1":           `<div style="font-size:1px;line-height:1px;color:#ffffff">x</div>`,
		"font":                  `<div style="font:0/0 sans-serif">x</div><div style="font: bold 1px Arial">x</div>`,
		"transparent":           `<span style="color:transparent">x</span><span style="color:rgba(0, 0, 0, 0)">x</span><span style="color:#ffff;">y</span><span style="color:#ffffff00">x</span>`,
		"attribute":             `<div hidden>x</div><p hidden="">x</p>`,
		"off screen":            `<div style="position:absolute;left:-9999px">x</div><div style="text-indent:-999em">x</div>`,
		"screen reader":         `<span style="position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0 0 0 0)">x</span>`,
		"class":                 `<style>.preheader { display: none !important; }</style><div class="small preheader">x</div>`,
		"class of an element":   `<style>/* .a{} */ div.pre, .b > i { font-size:0 }</style><div class="pre">x</div>`,
		"id":                    `<style>@import url(x); #pre{visibility:hidden}</style><div id="pre">x</div>`,
		"important class":       `<style>.pre{display:none!important}</style><div class="pre" style="display:block">x</div>`,
		"fillers":               `<div>&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#8199;&#65279;&shy;&#8203;</div>`,
		"head":                  `<head><title>x</title><style>x{}</style><script>x</script><meta content="x"></head>`,
		"never shown":           `<template>x</template><noscript>x</noscript><script>x</script><style>x</style>`,
		"title in the body":     `<svg><title>x</title></svg>`,
		"Outlook":               `<!--[if mso]><p>x</p><![endif]--><!--[if gte mso 9]><xml><o:p>x</o:p></xml><![endif]-->`,
		"office settings":       `<xml><o:PixelsPerInch>96</o:PixelsPerInch></xml>`,
		"inside something else": `<div style="display:none"><p style="display:block">x <a href="https://x.example/">y</a></p></div>`,
	} {
		tests = append(tests, test{name, page + seen, "seen"})
	}
	for i := range tests {
		if tests[i].name == "transparent" {
			tests[i].want = "y\n\nseen"
		}
	}
	run(t, tests, nil)
}

func TestSeen(t *testing.T) {
	t.Parallel()
	run(t, []test{
		{"all but Outlook", `<!--[if !mso]><!--><p>a</p><!--<![endif]--><![if !mso]><p>b</p><![endif]>`, "a\n\nb"},
		{"hidden from Outlook", `<p style="mso-hide:all">a</p>`, "a"},
		{"hidden from screen readers", `<span aria-hidden="true">a</span>`, "a"},
		{"layout without gaps", `<td style="font-size:0px"><div style="font-size:0"><div style="font-size:16px">a</div></div></td>`, "a"},
		{"size from a rule", `<style>.column p { font-size: 14px }</style><div style="font-size:0"><div class="column"><p>a</p></div></div>`, "a"},
		{"size by font", `<div style="font-size:0"><span style="font:600 16px/24px Arial">a</span></div>`, "a"},
		{"visible again", `<div style="visibility:hidden">x<p style="visibility:visible">a</p></div>`, "a"},
		{"color again", `<span style="color:transparent">x<b style="color:#000">a</b></span>`, "a"},
		{"hidden on phones", `<style>@media (max-width:600px){.hide{display:none!important} .x{}} .a{color:red}</style><p class="hide">a</p>`, "a"},
		{"hidden in print", `<style media="print">.hide{display:none}</style><p class="hide">a</p>`, "a"},
		{"hidden when hovered", `<style>.hide:hover{display:none} .x .hide{display:none} body{visibility:hidden}</style><body><p class="hide">a</p>`, "a"},
		{"other properties", `<p style="max-height:20px;height:1em;opacity:.9;left:-4px;font-size:80%;line-height:0">a</p>`, "a"},
		{"cells grow", `<table><tr><td style="height:1px;overflow:hidden">a</td></tr></table>`, "a"},
		{"overflow alone", `<div style="overflow:hidden;max-width:0">a</div>`, "a"},
		{"broken style", `<p style="display;none:;:font-size:px;;">a</p><style>.a{</style><style>}{}.b;@media{</style>`, "a"},
	}, nil)
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	on := map[string]string{"a": "A", "b": "B"}
	for _, tt := range []struct{ name, page, on, off string }{
		{"paragraph", `<p>x</p>[+a]<p>[a]</p>[-a]<p>y</p>`, "x\n\nA\n\ny", "x\n\ny"},
		{"words", `<p>x [+a]and [a] [-a]y</p>`, "x and A y", "x y"},
		{"words that touch", `<p>x[+a]-[a][-a].</p>`, "x-A.", "x."},
		{"first", `[+a]<p>[a]</p>[-a]<p>y</p>`, "A\n\ny", "y"},
		{"last", `<p>y</p>[+a]<p>[a]</p>[-a]`, "y\n\nA", "y"},
		{"row", `<table><tr><td>x</td></tr>[+a]<tr><td>[a]</td></tr>[-a]<tr><td>y</td></tr></table>`, "x\n\nA\n\ny", "x\n\ny"},
		{"cell", `<table><tr><td>x</td>[+a]<td>[a]</td>[-a]<td>y</td></tr></table>`, "x  A  y", "x  y"},
		{"item", `<ul><li>x</li>[+a]<li>[a]</li>[-a]<li>y</li></ul>`, "* x\n* A\n* y", "* x\n* y"},
		{"in an item", `<ul><li>[+a]<p>[a]</p>[-a]</li><li>[+a]x[-a]y</li></ul>z`, "* A\n\n* xy\n\nz", "* y\n\nz"},
		{"break", `x<br>[+a][a]<br>[-a]y`, "x\nA\ny", "x\ny"},
		{"in comments", `<p>x</p><!-- [+a] --><p>[a]</p><!-- [-a] --><p>y</p>`, "x\n\nA\n\ny", "x\n\ny"},
		{"around what is hidden", `<p>x</p>[+a]<div style="display:none">[a][+b]z[-b]</div>[-a]<p>y</p>`, "x\n\ny", "x\n\ny"},
		{"in an address", `<a href="[+a]https://[a].example[-a]">x</a>`, "x ( https://A.example )", "x (  )"},
		{"in a tag", `<p [+a]class="x"[-a]>x</p>`, "x", "x"},
		{"in a style sheet", `<style>[+a].x{display:none}[-a]</style><p>x</p>`, "x", "x"},
		{"one in the other", `[+a]x[+b]y[-b][-a]z`, "xyz", "z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := convert(t, tt.page, on); got != tt.on {
				t.Errorf("Convert(%s), on\n got %q\nwant %q", tt.page, got, tt.on)
			}
			if got := convert(t, tt.page, nil); got != tt.off {
				t.Errorf("Convert(%s), off\n got %q\nwant %q", tt.page, got, tt.off)
			}
		})
	}
}

// A page that no browser would show is refused, not worked on for ever.
func TestConvertRefusesDeepNesting(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{"<div>", "<b>", "<table><tr><td>", "<ul><li>", "<blockquote>", "<svg>"} {
		page := strings.Repeat(tag, 100_000)
		if _, err := plaintext.Convert([]plaintext.Piece{{Text: page}}); err == nil {
			t.Errorf("Convert(100,000 times %s) = nil, want an error", tag)
		}
	}
}

// A page twice as long takes twice as much, whatever it is made of. What is
// measured is memory, which tells the same as time and does not depend on what
// else runs; other tests would be counted, so this one runs alone.
func TestConvertIsLinear(t *testing.T) {
	allocated := func(page string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := plaintext.Convert(pieces(page)); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	const n = 2_500
	for _, page := range []struct{ begin, repeated string }{
		{"", "<td>x"}, {"", "x</y>"}, {"", "<td> "}, {"<table>", "x<tr>"}, {"<table>", " </x>"}, {"<select>", "x</y>"},
		{"", "<p>x"}, {"", "<li>x"}, {"", "<a href=y>x"}, {"<style>.a{color:red}</style>", "<p class=a>x"}, {"", "[+a]x[-a]"}, {"<table>", "[a]<tr>"},
	} {
		once, twice := allocated(page.begin+strings.Repeat(page.repeated, n)), allocated(page.begin+strings.Repeat(page.repeated, 2*n))
		if twice > 3*once {
			t.Errorf("%d times %s takes %d bytes, twice as many take %d", n, page.repeated, once, twice)
		}
	}
}

// FuzzConvert checks what must hold for every page: no panic, no more than one
// empty line in a row and none at the ends, and no piece that the page does not
// have.
func FuzzConvert(f *testing.F) {
	for _, seed := range []string{
		`<p>Hello <b>[name]</b></p>[+a]<ul><li>x</ul>[-a]`, `<table>[+a]<tr><td>[b]<td>c[-a]</table>`, `<a href="[x]">[x]</a>`,
		`<pre> a <br>&nbsp;<p>b`, `<style>.a{display:none}</style><i class=a>[x]`, `<!--[+a]-->x<!--[-a]-->`, `<ol><li><ol><li>[+b][x][-b]<li>`,
		`<title>[+a]<svg><![CDATA[x]]>[-a]`, `&zwnj;&nbsp;&rlm;<blockquote><hr>`, "<select><option>[x]<plaintext>[x]", "<td>\x00<tr><template>[x]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, page string) {
		in := pieces(page)
		text, err := plaintext.Convert(in)
		if err != nil {
			return // nested too deep
		}
		known := map[plaintext.Piece]bool{}
		for _, p := range in {
			known[p] = p.Kind == plaintext.Value || p.Kind == plaintext.Switch
		}
		for _, p := range text {
			if (p.Kind == plaintext.Value || p.Kind == plaintext.Switch) && !known[p] {
				t.Fatalf("Convert(%q) made up %+v", page, p)
			}
		}
		got := convert(t, page, nil)
		if strings.Contains(got, "\n\n\n") || strings.HasSuffix(got, " ") || strings.Trim(got, "\n") != got {
			t.Fatalf("Convert(%q) = %q, which has empty lines or space to spare", page, got)
		}
	})
}

func BenchmarkConvert(b *testing.B) {
	page := pieces(strings.Repeat(`<table role="presentation"><tr><td style="font-size:0px;padding:10px 25px"><p style="margin:0 0 12px; font-size:14px;`+
		` line-height:22px; color:#505966;">Hello <b>[name]</b>, this is <a href="https://x.example/">a link</a>.</p></td></tr></table>`, 20))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := plaintext.Convert(page); err != nil {
			b.Fatal(err)
		}
	}
}
