/** What the pages of signing in say, in English. */

export const signinEn = {
  title: "Sign in",
  by: (provider: string) => `Sign in with ${provider}`,
  sample: "Try the console as one of the sample people",
  sampleHint:
    "This list is shown because the service was started for trying it out. Open a second browser, or a private window, to be two people at once.",
  as: (name: string, organization: string) => `${name}, ${organization}`,
  asEngineer: "An engineer: the inspector, for nobody in particular",
  engineer: "Engineer",
  locked:
    "This service was started for trying it out. Open the link of the console that it printed when it started: only that shows the sample people.",
  none: "Nobody can sign in: no provider is configured.",
  signedOut: "You are signed out.",
  refused: "You could not be signed in.",
  again: "Sign in again",
};
