// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	browserlog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	browserpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
	"github.com/backoffice-operator/backoffice-operator/internal/access"
	"github.com/backoffice-operator/backoffice-operator/internal/policy"
	"github.com/backoffice-operator/backoffice-operator/internal/store/sqlite"
	"github.com/backoffice-operator/backoffice-operator/internal/testkit"
)

// matrixCatalogues are the samples, each a namespace with a back office of the same name.
var matrixCatalogues = []string{"activation", "automation", "hosting", "orders", "trading"}

// matrixColours are the colours of cells by level, with and without dark mode.
var matrixColours = map[string]map[string]string{
	"light": {"Write": "rgb(180, 230, 191)", "Read": "rgb(182, 214, 251)", "None": "rgb(251, 208, 205)", "Denied": "rgb(179, 38, 30)"},
	"dark":  {"Write": "rgb(23, 81, 42)", "Read": "rgb(22, 67, 120)", "None": "rgb(77, 26, 28)", "Denied": "rgb(196, 43, 34)"},
}

// matrixTable is what matrix -o json prints, as far as specs look at it.
type matrixTable struct {
	BackOffice  string
	Permissions []string
	Items       []struct {
		Namespace, Name, Key string
		InForce              bool
		Counts               struct{ Write, Read, None int }
		Cells                []struct {
			Permission, Level, Granted string
			Denied                     bool
			Data                       []string
		}
	}
}

func matrixOf(r result) matrixTable {
	GinkgoHelper()
	Expect(r).To(succeed())
	var t matrixTable
	Expect(json.Unmarshal([]byte(r.out), &t)).To(Succeed())
	return t
}

// levels are the words of all cells by row, namespace/name or login, and permission.
func (t matrixTable) levels() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, item := range t.Items {
		name := item.Namespace + "/" + item.Name
		all[name] = map[string]string{}
		for _, c := range item.Cells {
			all[name][c.Permission] = c.Level
			if c.Denied {
				all[name][c.Permission] = "Denied"
			}
		}
	}
	return all
}

// granted are the levels before filters of all cells likewise: what the store says that users have.
func (t matrixTable) granted() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, item := range t.Items {
		name := item.Namespace + "/" + item.Name
		all[name] = map[string]string{}
		for _, c := range item.Cells {
			all[name][c.Permission] = cmp.Or(c.Granted, c.Level)
		}
	}
	return all
}

// matrixOfRoles is what package access says that the sets of a catalogue give, on the leaves of its permissions.
func matrixOfRoles(namespace string, leaves []string) map[string]map[string]string {
	GinkgoHelper()
	var sets v1alpha1.PermissionSetList
	Expect(masters().List(ctx, &sets, client.InNamespace(namespace))).To(Succeed())
	known := map[string]*v1alpha1.PermissionSet{}
	for i := range sets.Items {
		known[namespace+"/"+sets.Items[i].Name] = &sets.Items[i]
	}
	world := policy.WorldOf(known)
	all := map[string]map[string]string{}
	for name := range known {
		all[name] = map[string]string{}
		rights := world.Inherited(name)
		for _, path := range leaves {
			all[name][path] = rights.Gives.At(path).String()
			if slices.ContainsFunc(rights.Deny, func(d string) bool { return path == d || strings.HasPrefix(path, d+"/") }) {
				all[name][path] = "Denied"
			}
		}
	}
	return all
}

// matrixOfUsers is what the store says that users have; a path that is not there is None.
func matrixOfUsers(namespace string, leaves []string) map[string]map[string]string {
	GinkgoHelper()
	var accounts v1alpha1.BackOfficeUserList
	Expect(masters().List(ctx, &accounts, client.InNamespace(namespace))).To(Succeed())
	all, names := map[string]map[string]string{}, map[string]string{}
	for _, u := range accounts.Items {
		name := namespace + "/" + u.Name
		all[name], names[u.EffectiveLogin()] = map[string]string{}, name
		for _, path := range leaves {
			all[name][path] = access.None.String()
		}
	}
	db, err := sqlite.OpenReader(filepath.Join(stores, namespace+"_"+namespace+".db"))
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(db.Close()).To(Succeed()) }()
	rows, err := db.QueryContext(ctx, "SELECT login, path, level FROM effective_permissions")
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(rows.Close()).To(Succeed()) }()
	for rows.Next() {
		var login, path, level string
		Expect(rows.Scan(&login, &path, &level)).To(Succeed())
		Expect(names).To(HaveKey(login))
		all[names[login]][path] = level
	}
	Expect(rows.Err()).NotTo(HaveOccurred())
	return all
}

// matrixPage is a page in a tab of a real browser, with what it asked the network for and what it complained about.
type matrixPage struct {
	tab        context.Context //nolint:containedctx // It is the tab.
	mu         sync.Mutex
	requests   []string
	complaints []string
}

// matrixBrowser starts a browser; pages are tabs of it.
func matrixBrowser() context.Context {
	GinkgoHelper()
	chromium, err := exec.LookPath("chromium")
	Expect(err).NotTo(HaveOccurred(), "hack/chromium/install.sh installs it")
	folder, err := os.MkdirTemp("", "matrix-browser-")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Eventually(func() error { return os.RemoveAll(folder) }, soon, often).Should(Succeed()) }) // its processes end after it
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(folder), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(ctx, options...)
	DeferCleanup(stop)
	browser, end := chromedp.NewContext(allocator)
	DeferCleanup(end)
	Expect(chromedp.Do(browser, chromedp.Navigate("about:blank"))).To(Succeed())
	return browser
}

// openMatrix opens the page that a run of the plugin has written.
func openMatrix(browser context.Context, html string) *matrixPage {
	GinkgoHelper()
	file := filepath.Join(GinkgoT().TempDir(), "matrix.html")
	Expect(os.WriteFile(file, []byte(html), 0o600)).To(Succeed())
	tab, closeTab := chromedp.NewContext(browser)
	DeferCleanup(closeTab)
	p := &matrixPage{tab: tab}
	Expect(chromedp.Listen(tab, p.hear)).To(Succeed())
	_, err := chromedp.Call(tab, network.Enable, network.EnableParams{})
	Expect(err).NotTo(HaveOccurred())
	_, err = chromedp.Call(tab, browserlog.Enable, cdp.Empty{})
	Expect(err).NotTo(HaveOccurred())
	p.emulate("", "light")
	Expect(chromedp.Do(tab, chromedp.EmulateViewport(1400, 900), chromedp.Navigate("file://"+file))).To(Succeed())
	return p
}

// hear keeps what the browser tells.
func (p *matrixPage) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *runtime.EventConsoleAPICalled:
		p.complaints = append(p.complaints, fmt.Sprint(e.Type))
	case *runtime.EventExceptionThrown:
		p.complaints = append(p.complaints, e.ExceptionDetails.Text)
	case *browserlog.EventEntryAdded:
		p.complaints = append(p.complaints, e.Entry.Text)
	}
}

// beQuiet demands that the page asked for nothing but itself, and that nothing went wrong in it.
func (p *matrixPage) beQuiet() {
	GinkgoHelper()
	p.mu.Lock()
	defer p.mu.Unlock()
	Expect(p.requests).To(HaveExactElements(HavePrefix("file://")))
	Expect(p.complaints).To(BeEmpty())
}

// emulate shows the page as a medium does, and by a scheme of colours.
func (p *matrixPage) emulate(medium, scheme string) {
	GinkgoHelper()
	_, err := chromedp.Call(p.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: medium, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	Expect(err).NotTo(HaveOccurred())
}

// do runs a script in the page.
func (p *matrixPage) do(script string) {
	GinkgoHelper()
	Expect(chromedp.Do(p.tab, chromedp.Evaluate[chromedp.Void](script))).To(Succeed())
}

// matrixRow is a row of the page as somebody sees it.
type matrixRow struct {
	Name  string
	Given string
	Cells []struct{ Path, Letter, Title, Colour string }
}

// rows are those that are seen, with the cells that are.
func (p *matrixPage) rows() []matrixRow {
	GinkgoHelper()
	rows, err := chromedp.Run(p.tab, chromedp.Evaluate[[]matrixRow](`(() => {
		const paths = [...document.querySelectorAll('thead th.path')].map((th) => th.dataset.path);
		return [...document.querySelectorAll('tbody tr')].filter((tr) => tr.checkVisibility()).map((tr) => ({
			name: tr.dataset.name, given: tr.querySelector('td.count').textContent,
			cells: [...tr.querySelectorAll('td.c')].map((td, i) => ({td, path: paths[i]})).filter((c) => c.td.checkVisibility()).map((c) => ({
				path: c.path, letter: c.td.textContent, title: c.td.title, colour: getComputedStyle(c.td).backgroundColor}))}));
	})()`))
	Expect(err).NotTo(HaveOccurred())
	return rows
}

// shown are the names of the rows and the paths of the columns that are seen. The heads of columns are those of the cells.
func (p *matrixPage) shown() (names, paths []string) {
	GinkgoHelper()
	for i, row := range p.rows() {
		names = append(names, row.Name[strings.LastIndex(row.Name, "/")+1:])
		for _, c := range row.Cells {
			if i == 0 {
				paths = append(paths, c.Path)
			}
		}
	}
	heads, err := chromedp.Run(p.tab, chromedp.Evaluate[[]string](
		`[...document.querySelectorAll('thead th.path')].filter((th) => th.checkVisibility()).map((th) => th.dataset.path)`))
	Expect(err).NotTo(HaveOccurred())
	if len(names) > 0 {
		Expect(heads).To(Equal(paths))
	}
	return names, heads
}

// set sets a control of the page as somebody would.
func (p *matrixPage) set(control, value string) {
	GinkgoHelper()
	p.do(fmt.Sprintf(`(() => { const c = document.getElementById(%q); c.focus(); c.value = %q; c.dispatchEvent(new Event('input', {bubbles: true})); })()`,
		control, value))
}

// faint are the texts of the page whose contrast is less than 4.5 to 1, by which WCAG 2 judges.
func (p *matrixPage) faint() []string {
	GinkgoHelper()
	faint, err := chromedp.Run(p.tab, chromedp.Evaluate[[]string](`(() => {
		const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
		const luminance = (rgb) => rgb.slice(0, 3).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
			.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
		const behind = (e) => {
			for (; e; e = e.parentElement) {
				const colour = parts(getComputedStyle(e).backgroundColor);
				if (colour.length === 3 || colour[3] === 1) return colour;
			}
			return [255, 255, 255];
		};
		const texts = [...document.body.querySelectorAll('*')].filter((e) => !['SCRIPT', 'STYLE'].includes(e.tagName) && e.checkVisibility() &&
			(['INPUT', 'SELECT'].includes(e.tagName) || [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())));
		return texts.map((e) => {
			const [a, b] = [luminance(parts(getComputedStyle(e).color)), luminance(behind(e))].sort((x, y) => y - x);
			return [(a + 0.05) / (b + 0.05), e.tagName + ' ' + e.className + ' ' + e.textContent];
		}).filter(([ratio]) => !(ratio >= 4.5)).map(([ratio, text]) => ratio + ' ' + text);
	})()`))
	Expect(err).NotTo(HaveOccurred())
	return faint
}

// pages counts the pages of what the page prints.
func (p *matrixPage) pages() int {
	GinkgoHelper()
	pdf, err := chromedp.Run(p.tab, chromedp.PrintToPDF(func(o *browserpage.PrintToPDFParams) {
		o.PreferCSSPageSize, o.PrintBackground = new(true), new(true)
	}))
	Expect(err).NotTo(HaveOccurred())
	return len(regexp.MustCompile(`/Type /Page\s`).FindAll(pdf, -1))
}

var matrixLetters = map[string]string{"Write": "W", "Read": "R", "None": "–", "Denied": "✕"}

var _ = Describe("The access matrix", Ordered, ContinueOnFailure, func() {
	var browser context.Context

	BeforeAll(func() { browser = matrixBrowser() })

	for _, name := range matrixCatalogues {
		It("shows the roles of "+name+" as they are, green, blue and red", Label("O-08"), func() {
			catalogue(name)
			table := matrixOf(onlooker("vic").run("matrix", "-n", name, "-o", "json"))
			Expect(table.BackOffice).To(Equal(name + "/" + name))
			expected := matrixOfRoles(name, table.Permissions)
			Expect(table.levels()).To(Equal(expected))
			page := openMatrix(browser, onlooker("vic").run("matrix", "-n", name, "-o", "html").out)
			for _, scheme := range []string{"light", "dark"} {
				page.emulate("", scheme)
				rows := page.rows()
				Expect(rows).To(HaveLen(len(expected)))
				for _, row := range rows {
					Expect(row.Cells).To(HaveLen(len(table.Permissions)))
					given := 0
					for _, cell := range row.Cells {
						level := expected[row.Name][cell.Path]
						Expect(cell.Letter).To(Equal(matrixLetters[level]), "%s %s", row.Name, cell.Path)
						Expect(cell.Colour).To(Equal(matrixColours[scheme][level]), "%s %s", row.Name, cell.Path)
						if level == "Write" || level == "Read" {
							given++
						}
					}
					Expect(row.Given).To(Equal(fmt.Sprintf("%d of %d", given, len(table.Permissions))))
				}
				Expect(page.faint()).To(BeEmpty(), scheme)
			}
			page.beQuiet()
		})

		It("shows the users of "+name+" as the store has them", Label("O-08"), func() {
			catalogue(name)
			table := matrixOf(onlooker("vic").run("matrix", "users", "-n", name, "-o", "json"))
			expected, levels := matrixOfUsers(name, table.Permissions), table.levels()
			Expect(table.granted()).To(Equal(expected))
			html := onlooker("vic").run("matrix", "users", "-n", name, "-o", "html").out
			page := openMatrix(browser, html)
			rows := page.rows()
			Expect(rows).To(HaveLen(len(expected)))
			for _, row := range rows {
				for _, cell := range row.Cells {
					Expect(cell.Letter).To(Equal(matrixLetters[levels[row.Name][cell.Path]]), "%s %s", row.Name, cell.Path)
					Expect(cell.Colour).To(Equal(matrixColours["light"][levels[row.Name][cell.Path]]), "%s %s", row.Name, cell.Path)
				}
			}
			for _, scheme := range []string{"light", "dark"} {
				page.emulate("", scheme)
				Expect(page.faint()).To(BeEmpty(), scheme)
			}
			page.beQuiet()
			var accounts v1alpha1.BackOfficeUserList
			Expect(masters().List(ctx, &accounts, client.InNamespace(name))).To(Succeed())
			for _, u := range accounts.Items {
				if u.Spec.Profile != nil && u.Spec.Profile.FullName != "" {
					Expect(html).NotTo(ContainSubstring(u.Spec.Profile.FullName))
				}
			}
		})

		It("shows "+name+" from manifests as from the cluster", func() {
			catalogue(name)
			for _, rows := range []string{"roles", "users"} {
				live := matrixOf(onlooker("vic").run("matrix", rows, "-n", name, "-o", "json")).levels()
				built := offline("matrix", rows, "-k", filepath.Join("..", "..", "config", "samples", name), "-o", "json")
				Expect(built.err).To(BeEmpty())
				read := matrixOf(built).levels()
				Expect(read).NotTo(BeEmpty())
				for row, cells := range read {
					for path, level := range cells { // other specs may have put objects of their own there
						Expect(live).To(HaveKeyWithValue(row, HaveKeyWithValue(path, level)), rows)
					}
				}
				Expect(matrixOf(offline("matrix", rows, "-f", filepath.Join("..", "..", "config", "samples", name), "-o", "json")).levels()).To(Equal(read))
			}
		})
	}

	It("is filtered and compared by keyboard and mouse, and prints what is seen", func() {
		catalogue("orders")
		page := openMatrix(browser, onlooker("vic").run("matrix", "-n", "orders", "-o", "html").out)
		names, paths := page.shown()
		all, columns := len(names), len(paths)

		page.set("rows", "LIMITED")
		names, _ = page.shown()
		Expect(names).To(HaveExactElements("client-viewer-limited", "pages-of-client-viewer-limited"))
		Expect(page.pages()).To(Equal(1))
		page.set("rows", "")

		page.set("paths", "pages/stock")
		_, paths = page.shown()
		Expect(paths).To(HaveExactElements("pages/stock", "pages/stock-locations"))
		page.set("paths", "")

		page.set("fact", "store-app")
		names, _ = page.shown()
		Expect(names).To(HaveExactElements("vendor-manager", "vendor"))
		page.set("level", "any")
		_, paths = page.shown()
		Expect(paths).To(HaveExactElements("store-app/enter", "store-app/users"))
		page.set("fact", "")
		page.set("level", "")

		page.do(`for (const name of ['customer_service', 'customer_service_conf_manager']) {
			[...document.querySelectorAll('tbody tr')].find((tr) => tr.querySelector('.name').textContent === name).querySelector('input').click();
		}
		document.getElementById('differences').click();`)
		names, paths = page.shown()
		Expect(names).To(HaveExactElements("customer-service", "customer-service-conf-manager"))
		Expect(paths).To(HaveExactElements("ROLE_CONFIG_ORDERS"))
		said, err := chromedp.Run(page.tab, chromedp.Text("#shown"))
		Expect(err).NotTo(HaveOccurred())
		Expect(said).To(Equal(fmt.Sprintf("Shown: 2 of %d roles, 1 of %d permissions.", all, columns)))

		page.emulate("print", "dark")
		names, paths = page.shown()
		Expect(names).To(HaveLen(2))
		Expect(paths).To(HaveLen(1))
		Expect(page.rows()[0].Cells[0].Colour).To(Equal(matrixColours["light"]["None"]), "paper is white")
		seen, err := chromedp.Run(page.tab, chromedp.Evaluate[bool](`document.getElementById('filters').checkVisibility()`))
		Expect(err).NotTo(HaveOccurred())
		Expect(seen).To(BeFalse(), "nobody filters paper")
		page.emulate("", "light")

		page.do(`document.querySelector('button[type=reset]').click()`)
		Eventually(func() int { names, paths = page.shown(); return len(names) * len(paths) }, soon, often).Should(Equal(all * columns))
		Expect(page.pages()).To(BeNumerically("~", 2, 1), "fonts differ")
		page.emulate("print", "light")
		Expect(chromedp.Do(page.tab, chromedp.EmulateViewport(1055, 726))).To(Succeed()) // what A4 has within its margins
		head, err := chromedp.Run(page.tab, chromedp.Evaluate[float64](`document.querySelector('thead').offsetHeight / innerHeight`))
		Expect(err).NotTo(HaveOccurred())
		Expect(head).To(BeNumerically("<=", 0.25), "a higher one is not repeated on each page")
		Expect(chromedp.Do(page.tab, chromedp.EmulateViewport(1400, 900))).To(Succeed())
		page.emulate("", "light")
		Expect(chromedp.Do(page.tab, chromedp.Focus("#rows"), chromedp.KeyEvent("vendor"))).To(Succeed())
		names, _ = page.shown()
		Expect(names).To(HaveExactElements("vendor-manager", "vendor"))
		page.beQuiet()
	})

	It("takes no text for anything else", func() {
		namespace := shop()
		hostile := testkit.Set("hostile", namespace, testkit.Permissions("a/<b>=Write"), func(o client.Object) {
			set := &o.(*v1alpha1.PermissionSet).Spec
			set.Permissions = append(set.Permissions, v1alpha1.Permission{Path: "=cmd", Level: v1alpha1.LevelRead})
			set.DisplayName = `=1+1 </script><script>console.log("x")</script><img src="https://example.com/x.png">|`
		})
		given(hostile)
		html := onlooker("vic").run("matrix", "-n", namespace, "-o", "html").out
		page := openMatrix(browser, html)
		shown, err := chromedp.Run(page.tab, chromedp.Text("tbody small"))
		Expect(err).NotTo(HaveOccurred())
		Expect(shown).To(ContainSubstring(hostile.Spec.DisplayName))
		page.beQuiet()

		text := onlooker("vic").run("matrix", "-n", namespace, "-o", "csv")
		Expect(text).To(succeed())
		lines, err := csv.NewReader(strings.NewReader(text.out)).ReadAll()
		Expect(err).NotTo(HaveOccurred())
		Expect(lines).To(HaveLen(2))
		Expect(lines[0]).To(ContainElement("'=cmd"))
		Expect(lines[1]).To(ContainElement("'" + hostile.Spec.DisplayName))
		Expect(lines[1]).To(ContainElements("Write", "Read"))

		markdown := onlooker("vic").run("matrix", "-n", namespace, "-o", "markdown").out
		Expect(markdown).NotTo(ContainSubstring("<"))
		Expect(markdown).To(ContainSubstring("🟩 W"))
	})

	It("tells what is denied, withheld or narrowed from what is not given", func() {
		namespace := shop(testkit.OnOffice(func(o *v1alpha1.BackOffice) {
			o.Spec.FilterDimensions = []v1alpha1.FilterDimension{{Name: "channels"}}
		}))
		readOnly := testkit.Only("channels", "web")
		readOnly.Access = v1alpha1.FilterReadOnly
		given(
			testkit.Set("clerk", namespace, testkit.Rank(4), testkit.Permissions("orders=Write", "stock"), testkit.Deny("orders/refund")),
			testkit.Set("helper", namespace, testkit.Rank(5), testkit.Permissions("stock=Write")),
			testkit.User("ann", namespace, testkit.Login("ann"), testkit.Filters(testkit.Only("channels", "web"))),
			testkit.User("bob", namespace, testkit.Login("bob"), testkit.State(v1alpha1.StateBlocked)),
			testkit.User("cid", namespace, testkit.Login("cid"), testkit.Filters(readOnly)),
			testkit.Binding("clerks", namespace, testkit.ToSet("clerk"), testkit.ForUsers("ann", "bob", "cid"), testkit.Grants("orders/refund=Write")),
		)
		Expect(matrixOf(onlooker("vic").run("matrix", "users", "-n", namespace, "-o", "json")).levels()).To(Equal(map[string]map[string]string{
			namespace + "/ann": {"orders": "Write", "orders/refund": "Denied", "stock": "Read"},
			namespace + "/bob": {"orders": "None", "orders/refund": "None", "stock": "None"},
			namespace + "/cid": {"orders": "Read", "orders/refund": "Denied", "stock": "Read"},
		}))
		Expect(onlooker("vic").run("matrix", "users", "-n", namespace)).To(succeed("3 users, 3 permissions", "W*", "! bob: spec.state is Blocked"))
		page := openMatrix(browser, onlooker("vic").run("matrix", "users", "-n", namespace, "-o", "html").out)
		cell := page.rows()[0].Cells[0]
		Expect(cell.Title).To(ContainSubstring("channels Only [web]"))
		Expect(page.rows()[2].Cells[0].Title).To(ContainSubstring("Write, of which filters leave Read: channels Only [web] read-only"))
		Expect(onlooker("vic").run("matrix", "users", "-n", namespace, "-o", "csv").out).To(ContainSubstring("Write (channels Only [web])"))

		By("leaving out what is not asked for")
		for _, filtered := range []struct {
			arguments []string
			rows      []string
		}{
			{[]string{"roles", "--search", "CLE"}, []string{"clerk"}},
			{[]string{"roles", "--role", "helper,none"}, []string{"helper"}},
			{[]string{"users", "--role", "clerk"}, []string{"ann", "bob", "cid"}},
			{[]string{"users", "--role", "clerk", "--state", "active"}, []string{"ann", "cid"}},
			{[]string{"users", "--type", "Administrator"}, nil},
			{[]string{"users", "--non-empty"}, []string{"ann", "cid"}},
			{[]string{"roles", "--path", "orders", "--non-empty"}, []string{"clerk"}},
		} {
			run := onlooker("vic").run(append([]string{"matrix", "-n", namespace, "-o", "json"}, filtered.arguments...)...)
			var names []string
			for _, item := range matrixOf(run).Items {
				names = append(names, item.Name)
			}
			Expect(names).To(Equal(filtered.rows), strings.Join(filtered.arguments, " "))
		}

		By("refusing what no table can be")
		Expect(onlooker("vic").run("matrix", "sets", "-n", namespace)).To(end(1, `"sets" is neither roles nor users`))
		Expect(onlooker("vic").run("matrix", "-n", namespace, "--state", "Active")).To(end(1, "--state is about users"))
		Expect(onlooker("vic").run("matrix", "users", "-n", namespace, "--type", "Robot")).To(end(1, `--type "Robot" is none of Staff,`))
		Expect(onlooker("vic").run("matrix", "-n", namespace, "--path", "nowhere")).To(end(1, "has no permission at or below nowhere"))
		Expect(onlooker("vic").run("matrix", "-n", "nowhere")).To(end(1, "no objects of a back office found in namespace nowhere"))
		Expect(onlooker("vic").run("matrix", "-n", namespace, "-o", "pdf")).To(end(1, `unknown output format "pdf"`))
	})

	It("reads manifests of several namespaces and back offices", func() {
		folder := GinkgoT().TempDir()
		write := func(name, text string) string {
			file := filepath.Join(folder, name)
			Expect(os.WriteFile(file, []byte(text), 0o600)).To(Succeed())
			return file
		}
		set := `
---
apiVersion: access.backoffice-operator.io/v1alpha1
kind: PermissionSet
metadata: {name: %[1]s, namespace: %[2]s}
spec: {backOfficeRef: {name: %[3]s, namespace: hub}, rank: 4, permissions: [{path: orders, level: Write}]}`
		shop := write("shop.yaml", fmt.Sprintf(set, "clerk", "hub", "shop")+fmt.Sprintf(set, "helper", "team", "shop")+`
---
apiVersion: access.backoffice-operator.io/v1alpha1
kind: BackOfficeUser
metadata: {name: ann, namespace: team}
spec: {backOfficeRef: {name: shop, namespace: hub}}
---
apiVersion: access.backoffice-operator.io/v1alpha1
kind: RoleBinding
metadata: {name: clerks, namespace: team}
spec: {backOfficeRef: {name: shop, namespace: hub}, permissionSetRef: {name: clerk, namespace: hub}, subjects: [{name: ann}]}`)

		team := offline("matrix", "-f", shop, "-n", "team", "-o", "json")
		Expect(team.err).To(Equal("note: BackOffice hub/shop is not among the manifests: any permission counts as known\n"))
		gives := map[string]string{"orders": "Write"}
		Expect(matrixOf(team).levels()).To(Equal(map[string]map[string]string{"hub/clerk": gives, "team/helper": gives}), "what bindings of team can hand out")
		Expect(matrixOf(offline("matrix", "-f", shop, "-n", "hub", "-o", "json")).levels()).To(Equal(map[string]map[string]string{"hub/clerk": gives}))
		Expect(matrixOf(offline("matrix", "users", "-f", shop, "-o", "json")).levels()).To(Equal(map[string]map[string]string{"team/ann": gives}))

		desk := write("desk.yaml", fmt.Sprintf(set, "trader", "hub", "desk"))
		Expect(offline("matrix", "-f", folder)).To(end(1, "objects of several back offices found in the manifests", "hub/desk, hub/shop by --back-office"))
		Expect(matrixOf(offline("matrix", "-f", shop, "-f", desk, "--back-office", "hub/desk", "-o", "json")).levels()).To(
			Equal(map[string]map[string]string{"hub/trader": gives}))

		write("wrong.yaml", fmt.Sprintf(set, "wrong", "hub", "shop")+"\n  permission: []\n")
		Expect(offline("matrix", "-f", folder)).To(end(1, "wrong.yaml:"))
		typo := write("typo.yaml", strings.Replace(fmt.Sprintf(set, "typo", "hub", "shop"), "rank:", "ranks: 1, rank:", 1))
		Expect(offline("matrix", "-f", typo)).To(end(1, "typo.yaml:3 PermissionSet hub/typo", `unknown field "spec.ranks"`))
	})

	It("writes a file whole, in the format of its ending", func() {
		folder := GinkgoT().TempDir()
		samples := filepath.Join("..", "..", "config", "samples", "trading")
		for ending, begin := range map[string]string{".html": "<!DOCTYPE html>", ".csv": "Namespace,Name,Key", ".json": "{", ".yaml": "at:", ".md": "# Roles"} {
			file := filepath.Join(folder, "matrix"+ending)
			Expect(offline("matrix", "-k", samples, "--output-file", file)).To(succeed())
			text, err := os.ReadFile(file)
			Expect(err).NotTo(HaveOccurred())
			Expect(string(text)).To(HavePrefix(begin))
		}
		files, err := os.ReadDir(folder)
		Expect(err).NotTo(HaveOccurred())
		Expect(files).To(HaveLen(5))
		Expect(offline("matrix", "-k", samples, "--output-file", filepath.Join(folder, "none", "x.html"))).To(end(1, "--output-file"))
	})
})
