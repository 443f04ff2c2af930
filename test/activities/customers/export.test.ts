import { parse } from "csv-parse/sync";
import { csvCustomer, csvHeader } from "../../../activities/customers/export";

const customer = {
  id: "shop",
  url: "https://shop.example/",
  addresses: ["1.1.1.1", "2.2.2.2"],
};
const passed = {
  customer,
  classes: ["drop", "allowed"] as const,
  reasons: ["no answer in time", "200"],
  seen: "200",
};

test("a customer is one row with its state and both passes", () => {
  expect(csvHeader(2)).toBe(
    "id,url,addresses,canary,state,pass 1,pass 1 seen,pass 2,pass 2 seen\r\n",
  );
  expect(csvCustomer(passed)).toBe(
    "shop,https://shop.example/,1.1.1.1 2.2.2.2,no,allowed once,drop,no answer in time,allowed,200\r\n",
  );
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])(
  "%j is no formula for a spreadsheet",
  (id) => {
    const row = csvCustomer({ ...passed, customer: { ...customer, id } });
    expect(row.startsWith(`'${id},`)).toBe(true);
  },
);

test("quotes, commas and line ends come back as they were", () => {
  const seen = 'curl said "no",\r\nand more';
  const row = csvCustomer({ ...passed, reasons: [seen, "200"] });
  const [cells = []]: string[][] = parse(row, {});
  expect(cells[6]).toBe(seen);
});
