// The page's addresses: what stands behind the # names something that happened, so that it can be
// sent to somebody. reports/README.md says which there are.
//
// An address with = is a place in the time line (#hold=, #file=, #fault=, ...); one with - is an
// entry of a list on the page (#finding-3, #fault-3).

const kShowers = [];

// Names of hosts and workers are data, so they are written as in any other address.
export function addressOf(what, name) {
  return `${what}=${encodeURIComponent(name).replaceAll("%40", "@")}`;
}

// `show` is called with what the pattern has in brackets when an address like this is opened.
export function onAddress(pattern, show) {
  kShowers.push([pattern, show]);
}

function followAddress() {
  let address = "";
  try {
    address = decodeURIComponent(location.hash.slice(1));
  } catch {
    return;  // not one of ours
  }
  for (const [pattern, show] of kShowers) {
    const match = pattern.exec(address);
    if (match) return show(...match.slice(1));
  }
}

// Says what is shown, without a new step for the button that leads back.
export function setAddress(address) {
  history.replaceState(null, "", `#${address}`);
}

// Brings it into view and gives it the focus, from where keys and a screen reader go on.
export function bringTo(element, focused = element) {
  element.scrollIntoView({block: "start"});
  focused.focus({preventScroll: true});
}

export function followAddresses() {
  // Where the page had been scrolled to before it was opened anew is of less interest.
  if (location.hash !== "") history.scrollRestoration = "manual";
  addEventListener("hashchange", followAddress);
  // Whoever opens again what the address names already is shown it again.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) followAddress();
  });
  requestAnimationFrame(followAddress);
}
