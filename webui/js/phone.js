// What kind of phone this is, only where no question to the browser itself tells how it behaves.

/** Whether this is an iPhone or iPad: newer iPads say that they are Macs, but no Mac is touched. */
export function isApplePhone() {
  const { userAgent, maxTouchPoints } = navigator;
  return /iP(hone|ad|od)/.test(userAgent) || (userAgent.includes('Mac OS X') && maxTouchPoints > 1);
}

/** Whether sound over WebRTC may end when the page is not seen any more. Reports of iPhones differ, so it is assumed. */
export const endsLiveWhenHidden = isApplePhone;
